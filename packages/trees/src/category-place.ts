/** Which bit of a set tells of a value: that of its category, or behind all of them those of unknown and of missing ones. */
export const placeOf = (given: number, categories: number): number =>
  Number.isNaN(given)
    ? categories + 1
    : given >= 0 && given < categories && Number.isInteger(given)
      ? given
      : categories;
