// Folding, and text → units: as index/analysis/fold.py and grams.py.
const BOUNDARY = "|";
const END = "·";
const UNSPACED =
  "\\u1100-\\u115e\\u2e80-\\u2fdf\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303c\\u3041-\\u3096" +
  "\\u309d-\\u309f\\u30a1-\\u30fa\\u30fc-\\u30ff\\u3105-\\u312f\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf" +
  "\\u4e00-\\u9fff\\ua000-\\ua48c\\uac00-\\ud7a3\\uf900-\\ufaff\\u{10000}-\\u{10ffff}";
const JOINED = "\\u3099\\u309a\\u1161-\\u11ff";
const LETTER = `(?![${UNSPACED}${JOINED}])[\\p{L}\\p{Nl}\\p{No}]`;
const DIGIT = "(?![\\u{10000}-\\u{10ffff}])\\p{Nd}";
const ALPHANUMERIC = `(?![${UNSPACED}${JOINED}])[\\p{L}\\p{N}]`;
const regex = (source, flags = "gu") => new RegExp(source, flags);
// A number keeps the commas between its thousands until it is a unit.
const STRETCH = regex(
  `[\\s|]+|[${UNSPACED}${JOINED}][${JOINED}]*|×+|(?:${LETTER})+` +
    `|(?:${DIGIT})(?:,?${DIGIT})*(?:\\.(?:${DIGIT})(?:,?${DIGIT})*)*|[^\\p{L}\\p{N}_\\s]`,
);
const STOP = regex(
  `\\.(?:(?!${ALPHANUMERIC})|(?<!(?:${DIGIT})\\.)(?=${DIGIT})|(?<=\\.\\.)(?=${LETTER}))`,
);
const SPACED = regex(`^${ALPHANUMERIC}`, "u");
const isSpaced = (text) => SPACED.test(text);
const isDecimal = (text) => /^\p{Nd}/u.test(text);
const isAlphanumeric = (text) => /^[\p{L}\p{N}]/u.test(text);
const withoutEnd = (unit) => (unit.length > 1 && unit.endsWith(END) ? unit.slice(0, -1) : unit);

// What the core adds to Unicode's rules: Traditional to Simplified, and other forms of a character.
const folds = new Map();

function foldCharacter(character) {
  const own = folds.get(character);
  if (own !== undefined) return own;
  if (/[\r\v\f\x85]/.test(character)) return "\n";
  if (character === "\n" || character === "\t") return character;
  return [...character.normalize("NFKD").replace(/[\p{Mn}\p{Cf}\p{Cc}\p{Cs}]/gu, "").toLowerCase()]
    .map((each) => folds.get(each) ?? each)
    .join("");
}

const fold = (text) => [...text].map(foldCharacter).join("");
const foldKey = (text) => fold(text).split(/\s+/).filter(Boolean).join(" ");

const TRANSPARENT = new Set("\"'`´·•‧∙・⋅/\\|~∼^<>＂′″⁄\t");
const DASHES = new Set("—―─━⸺⸻");
const TIMES = new Set("×✕✖⨯╳");

function classOf(character) {
  if (/[\p{L}\p{M}\p{N}.*]/u.test(character)) return character;
  if (DASHES.has(character)) return "—";
  if (character === "○" || character === "◯") return "○";
  if (TIMES.has(character)) return "×";
  if (TRANSPARENT.has(character) || /[\p{Zs}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Pc}]/u.test(character)) return " ";
  if (character === "−" || /\p{Pd}/u.test(character)) return "-";
  if (/[%&@#‰§¶\p{S}\p{C}]/u.test(character) && character !== "\n") return character;
  return BOUNDARY;
}

function writtenForm(character) {
  const folded = foldCharacter(character);
  if (folded === ",") return character === "," ? character : "，";
  if (!isDecimal(character) && /\p{Nd}/u.test(folded)) return ` ${folded} `;
  return folded;
}

function separatedForm(character) {
  return character === "," ? "," : [...writtenForm(character)].map(classOf).join("");
}

const separatedForms = new Map();

// A text translated character by character, and for each UTF-16 unit of it where it comes from.
function translated(text) {
  const parts = [];
  const origins = [];
  let offset = 0;
  for (const character of text) {
    let made = separatedForms.get(character);
    if (made === undefined) separatedForms.set(character, (made = separatedForm(character)));
    parts.push(made);
    for (let at = 0; at < made.length; at++) origins.push(offset);
    offset += character.length;
  }
  return { text: parts.join(""), origins };
}

const HAN_DIGITS = "零一二三四五六七八九";
const HAN_NUMERALS = `${HAN_DIGITS}十百千`;

function resolveZeros(text) {
  return text.replace(/○+|0+|o+/g, (zeros, start) => {
    const before = text[start - 1] ?? " ";
    const after = text[start + zeros.length] ?? " ";
    let beside = HAN_NUMERALS.includes(before) || HAN_NUMERALS.includes(after);
    if (zeros[0] === "0") beside = beside && !/[0-9a-z.,]/.test(before + after);
    else if (zeros[0] === "o") beside = HAN_NUMERALS.includes(before) && `${HAN_NUMERALS}年`.includes(after);
    return beside ? "零".repeat(zeros.length) : zeros;
  });
}

function resolveDash(dashes, start, text) {
  const before = text[start - 1];
  const after = text[start + dashes.length];
  if (dashes.length === 1 && before && after && !/[ |.,—\-\n\uffff]/.test(before + after)) return " ";
  const left = text.slice(Math.max(0, start - 2), start).replace(/ +$/, "").slice(-1);
  const right = text.slice(start + dashes.length, start + dashes.length + 2).replace(/^ +/, "");
  const isRange = dashes.length <= 2 && isDecimal(left) && isDecimal(right);
  return (isRange ? " " : BOUNDARY).repeat(dashes.length);
}

const THOUSANDS = /(?<![0-9])(?<![0-9][.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?!,?[0-9])/g;

// Signs that their context decides. The length stays.
function resolved(text) {
  let made = resolveZeros(text);
  if (made.includes(".")) made = made.replace(/(?<=[\p{L}\p{Nl}\p{No}])\.(?=[\u3400-\u9fff\uf900-\ufaff])/gu, " ");
  if (made.includes("*")) made = made.replace(/(?<=[0-9])\*(?=[0-9])/g, "×").replaceAll("*", " ");
  if (made.includes("—")) made = made.replace(/—+/g, resolveDash);
  made = made.replaceAll("-", " ");
  if (made.includes(",")) {
    made = made.replace(/[0-9.,]+/g, (run) =>
      run.replace(THOUSANDS, (number) => number.replaceAll(",", "\0")).replaceAll(",", BOUNDARY).replaceAll("\0", ","),
    );
  }
  return made.includes(".") ? made.replace(STOP, BOUNDARY) : made;
}

const separate = (text) => resolved(translated(text).text).replaceAll(",", "").replace(/\|[|\s]*/g, ` ${BOUNDARY} `);
const written = (text) => resolveZeros([...text].map(writtenForm).join("").replaceAll("◯", "○"));

// The units of a text, with their offsets in it.
function unitsOf(text) {
  const { text: mapped, origins } = translated(text);
  const units = [];
  const starts = [];
  const ends = [];
  for (const found of resolved(mapped).matchAll(STRETCH)) {
    let unit = found[0];
    if (/^[\s|]/.test(unit)) {
      if (!unit.includes(BOUNDARY) || !units.length || units.at(-1) === BOUNDARY) continue;
      unit = BOUNDARY;
    } else if (unit[0] === "×") unit = "x".repeat(unit.length) + END;
    else if (isSpaced(unit)) unit = unit.replaceAll(",", "") + END;
    units.push(unit);
    starts.push(origins[found.index]);
    const last = origins[found.index + found[0].length - 1];
    ends.push(last + String.fromCodePoint(text.codePointAt(last)).length);
  }
  if (units.at(-1) === BOUNDARY) {
    for (const each of [units, starts, ends]) each.pop();
  }
  return { units, starts, ends };
}

// The offsets in `units` at which a sequence of them begins; the last one may be unfinished.
function occurrences(units, sequence, most = Infinity, isPrefix = false) {
  const found = [];
  const [first] = sequence;
  const last = sequence.length - 1;
  const stem = withoutEnd(sequence[last]);
  const fits = (unit, at) => (isPrefix && at === last ? unit.startsWith(stem) : unit === sequence[at]);
  if (!isPrefix || last) {
    for (let at = units.indexOf(first); at >= 0 && found.length < most; at = units.indexOf(first, at + 1)) {
      let length = 1;
      while (length <= last && at + length < units.length && fits(units[at + length], length)) length++;
      if (length > last) found.push(at);
    }
    return found;
  }
  for (let at = 0; at < units.length && found.length < most; at++) if (fits(units[at], 0)) found.push(at);
  return found;
}
