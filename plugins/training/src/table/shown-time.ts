/** A time for a person: a day where it is midnight. */
export const shownTime = (time: string): string => time.replace(/T00:00:00\.000Z$/, '');
