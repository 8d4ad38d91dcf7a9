// What the Studio reads of the operations' answers. The operations' own schemas say more.
export {};
