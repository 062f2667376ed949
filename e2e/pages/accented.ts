const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ACCENTED = "àƀćďēƒĝĥĩĴķĺḿńōƥǫŕśţũvŵxŷźÀßĆĎĒƑĜĤĨĵĶĹḾŃŌƤǪŔŚŢŨVŴXŶŹ";

/** A sentence of the page as the pseudo-language "en-XA" has it: English with accents. Only the build for measuring has it. */
export const accented = (english: string): string =>
  english.replace(/[A-Za-z]/g, (letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter);
