// The version of the program, as recipes and hosts tell it.

export const VERSION = '0.1.0';
