/** Who somebody is in two letters. Pure. */

/** JH for jane.hweber@example.com, MI for minseo; the last two syllables of a Hangul name: 민서 for 박민서. */
export function initials(subject: string): string {
  const words = (subject.split('@')[0] ?? '').split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return '?';
  if (/^\p{Script=Hangul}+$/u.test(last)) return last.slice(-2);
  const letters = words.length > 1 ? [firstOf(first), firstOf(last)] : [...first].slice(0, 2);
  return letters.join('').toUpperCase();
}

function firstOf(word: string): string {
  return [...word][0] ?? '';
}
