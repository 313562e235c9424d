// Words of a query: as index/analysis/words.py and search/query/words.py.
const PARTICLES = new Set("的了吗呢吧啊着之嘛么啦呀");
const FUNCTION_CHARACTERS = new Set(
  "是在和与及或也就而被把从到对为以于都等很会能要让给向由因如若但又再还已将曾并且则即我你他她它这那谁哪何所其此该某",
);
const BOTH = new Set([...PARTICLES, ...FUNCTION_CHARACTERS]);
const INTERROGATIVES = new Set("谁哪何");
const CONJUNCTIONS = new Set("和与及或");
const WITH_CONJUNCTIONS = new Set([...PARTICLES, ...CONJUNCTIONS]);
const SENTENCE = 3;
const SUFFIXES = new Set("后上下中内外里间时人者们性化率式型版费类族界");
const PREFIXES = new Set("大小多少不没无非未全半超老新旧前高低总副男女双单");
const SHORT = 4;
const SIGNS = new Set("+#%‰@&.°$¢£¥€₩₽₹");
const LEADING = new Set("@.$¢£¥€₩₽₹");
const COUNTERS = "条届章节次期号款项位名个年天批代集回卷册页课轮场季部版军师团编讲篇幕局任";
const MEASURES = "亿 万 千 百 年代 年度 月份 号 个 岁 公里 公斤 公顷 厘米 毫米 毫升 平方 立方 小时 分钟 秒钟 人次".split(" ");
const RUN = `(?:${ALPHANUMERIC})+[+#%‰°]*`;
const COMPOUND =
  `(?:[@#&$£¥€]|(?<!\\.)\\.(?=${LETTER}))*${RUN}` +
  `(?:(?:[-‐–−—―─~_./@&'’]|(?<=${DIGIT})(?:,| ?[×✕✖*] ?|[·•^])(?=${DIGIT})|:(?=${DIGIT}))?${RUN})*`;
const ATOM = regex(
  `第(?:(?:${DIGIT})+|[${HAN_NUMERALS}]+)[${COUNTERS}]|[${HAN_DIGITS}]{4}年|${COMPOUND}|[×✕✖⨯╳]+|.[${JOINED}]*`,
  "gsu",
);
// jieba's blocks of characters that may be words; all others are alone.
const BLOCK = /([\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+)/;
const LONGEST_WORD = 16;

const queryUnits = (text) => unitsOf(text).units;
const isSingle = (group) => {
  const last = group.at(-1);
  return group.slice(0, -1).every((each) => SIGNS.has(each)) && isAlphanumeric(last) && !isRun(last);
};
const isRun = (unit) => unit.length > 1 && unit.endsWith(END);
const isOneLetter = (group) => group.length === 1 && isRun(group[0]) && group[0].length === 2 && /^\p{L}/u.test(group[0]);
const isSymbol = (unit) => !isAlphanumeric(unit) && !SIGNS.has(unit);
const isAbsent = (group, droppable) =>
  group.length === 1 && (droppable.has(group[0]) || (isSymbol(group[0]) && group[0].codePointAt(0) < 0x1f000));
const isWord = (group) => group.length > 1 && !group.some(isRun);

// The words of a text without operators. `lexicon` has the frequencies of words; those of the text are loaded.
class Words {
  constructor(store) {
    this.store = store;
    this.logTotal = Math.log(store.core.total);
  }

  // Loads what the methods below need for these texts.
  async prepare(texts) {
    const pairs = new Set();
    for (const text of texts) {
      const joined = queryUnits(text).map(withoutEnd).join("");
      for (const each of [separate(text), joined]) {
        for (let at = 0; at + 1 < each.length; at++) {
          if (!/[\s|a-z0-9]/.test(each[at] + each[at + 1])) pairs.add(each.slice(at, at + 2));
        }
      }
    }
    await this.store.load([...pairs].map((pair) => [pair, `${pair}\uffff`]));
  }

  weight(word) {
    const { store } = this;
    if (word.length === 1) return Math.log(store.characters.get(word) ?? 1) - this.logTotal;
    if (/[a-z0-9]/.test(word.slice(0, 2))) return null;
    const { frequency } = store.term(word);
    return frequency ? Math.log(frequency) - this.logTotal : null;
  }

  // jieba's accurate mode without HMM: the most probable path.
  cut(text) {
    const words = [];
    text.split(BLOCK).forEach((part, number) => words.push(...(number % 2 ? this.cutBlock(part) : part)));
    return words;
  }

  cutBlock(text) {
    const best = Array(text.length + 1);
    best[text.length] = [0, 0];
    for (let at = text.length - 1; at >= 0; at--) {
      for (let end = at + 1; end <= Math.min(text.length, at + LONGEST_WORD); end++) {
        const weight = this.weight(text.slice(at, end));
        if (weight === null) continue;
        const total = weight + best[end][0];
        if (!best[at] || total >= best[at][0]) best[at] = [total, end];
      }
    }
    const words = [];
    let run = "";
    for (let at = 0; at < text.length; at = best[at][1]) {
      const word = text.slice(at, best[at][1]);
      if (/^[a-zA-Z0-9]$/.test(word)) run += word;
      else {
        if (run) words.push(run);
        run = "";
        words.push(word);
      }
    }
    return run ? [...words, run] : words;
  }

  words(text) {
    return this.cut(separate(text).replace(/[|.]/g, " ")).filter((word) => word.trim());
  }

  queryWords(text) {
    const groups = [];
    const absent = new Set();
    for (const stretch of this.stretches(text)) {
      const cut = this.cutAtoms(stretch);
      const droppable = droppableIn(cut);
      for (const group of joinedWords(cut, droppable)) {
        groups.push(group);
        if (isAbsent(group, droppable)) absent.add(group);
      }
    }
    const left = groups.filter((group) => !absent.has(group));
    return left.length ? left : groups;
  }

  // Words of which a partial match must have one.
  partialWords(text) {
    const groups = [];
    for (const piece of separate(text).replaceAll(BOUNDARY, " ").split(/\s+/).filter(Boolean)) {
      const cut = this.cutAtoms(queryUnits(piece).map((unit) => [unit]));
      cut.forEach((left, at) => {
        if (at + 1 < cut.length && isSingle(left) && isSingle(cut[at + 1])) groups.push([...left, ...cut[at + 1]]);
      });
      groups.push(...cut.filter((group) => group.length > 1 || isRun(group[0])));
    }
    return groups.length ? groups : this.queryWords(text);
  }

  stretches(text) {
    const found = [[]];
    for (const [atom] of written(text).matchAll(ATOM)) {
      const units = queryUnits(atom);
      if (units.length) found.at(-1).push(units);
      else found.push([]);
    }
    return found.filter((stretch) => stretch.length);
  }

  cutAtoms(atoms) {
    const texts = atoms.map((atom) => atom.filter((unit) => unit !== BOUNDARY).map(withoutEnd).join(""));
    const ends = new Set();
    let position = 0;
    for (const word of this.cut(texts.join(""))) ends.add((position += word.length));
    const groups = [];
    position = 0;
    atoms.forEach((atom, number) => {
      const before = groups.length ? groups.at(-1).at(-1) : "";
      let starts;
      if (!before || isSymbol(atom[0]) || isSymbol(before)) starts = true;
      else if (SIGNS.has(atom[0])) starts = LEADING.has(atom[0]);
      else starts = ends.has(position) && !groups.at(-1).every((each) => SIGNS.has(each));
      if (starts) groups.push([]);
      groups.at(-1).push(...atom);
      position += texts[number].length;
    });
    return groups;
  }
}

function droppableIn(cut) {
  const words = cut.filter((group) => !isAbsent(group, BOTH));
  const asks = cut.some((group) => group.length === 1 && (PARTICLES.has(group[0]) || INTERROGATIVES.has(group[0])));
  if (words.length >= SENTENCE - asks) return BOTH;
  const joins = cut.every(
    (group, number) =>
      !isAbsent(group, CONJUNCTIONS) ||
      (number > 0 && number < cut.length - 1 && !isSingle(cut[number - 1]) && !isSingle(cut[number + 1])),
  );
  return joins ? WITH_CONJUNCTIONS : PARTICLES;
}

function joinedWords(cut, droppable) {
  const isShort = cut.reduce((sum, group) => sum + group.length, 0) <= SHORT;
  const groups = [];
  cut.forEach((group, number) => {
    const last = number ? cut[number - 1] : [];
    const following = cut[number + 1] ?? [];
    const joins =
      last.length &&
      (holds(groups.at(-1), group, droppable) ||
        (isShort && isSingle(last) && isSingle(group)) ||
        (areSingle(last, group, droppable) &&
          !(PREFIXES.has(group[0]) && isWord(following)) &&
          !(SUFFIXES.has(last[0]) && number > 1 && isWord(cut[number - 2]))));
    if (joins) groups.push([...groups.pop(), ...group]);
    else groups.push(group);
  });
  return withoutSingle(groups, droppable);
}

function withoutSingle(groups, droppable) {
  const joins = (group) => !isAbsent(group, droppable) && !isSymbol(group[0]);
  const joined = [];
  let waiting = [];
  groups.forEach((group, number) => {
    const following = groups[number + 1];
    if (isSingle(group) && group.length === 1 && joins(group)) {
      const isBefore = following && joins(following);
      const isBehind = number > 0 && joins(groups[number - 1]) && !waiting.length;
      if (isBefore && !(isBehind && SUFFIXES.has(group[0]))) {
        waiting = [...waiting, ...group];
        return;
      }
      if (isBehind) {
        joined.push([...joined.pop(), ...group]);
        return;
      }
    }
    joined.push([...waiting, ...group]);
    waiting = [];
  });
  return joined;
}

function areSingle(left, right, droppable) {
  const one = [left, right].map(isOneLetter);
  return (
    (isSingle(left) || one[0]) &&
    (isSingle(right) || one[1]) &&
    !(one[0] && one[1]) &&
    !droppable.has(left[0]) &&
    !droppable.has(right[0])
  );
}

function holds(left, right, droppable) {
  const before = left.at(-1);
  if (isDecimal(before)) {
    if (right.length === 1) return isSingle(right) && !droppable.has(right[0]);
    return MEASURES.some((measure) => right.join("").startsWith(measure));
  }
  if (isDecimal(right[0])) return before === "第" || (left.length > 1 && isDecimal(left.at(-2)) && !isRun(before));
  return false;
}

// Units as a person would write them.
function textOf(units) {
  let text = "";
  units.forEach((unit, at) => {
    if (unit === BOUNDARY) {
      text += isDecimal(text.slice(-1)) && isDecimal(units[at + 1] ?? "") ? ":" : ".";
      return;
    }
    const alike = isDecimal(unit) ? /[0-9]$/ : /[a-z]$/i;
    if (isRun(unit) && alike.test(text)) text += " ";
    text += withoutEnd(unit);
  });
  return text;
}

function toHan(number) {
  const digits = String(number);
  let text = "";
  let isGap = false;
  [...digits].forEach((digit, at) => {
    const power = digits.length - 1 - at;
    if (+digit) text += (isGap ? "零" : "") + HAN_DIGITS[+digit] + (power ? "十百千"[power - 1] : "");
    isGap = !+digit && Boolean(text);
  });
  return text.startsWith("一十") ? text.slice(1) : text;
}

function fromHan(text) {
  if (text && [...text].every((each) => HAN_DIGITS.includes(each))) {
    return text.length < 9 ? Number([...text].map((each) => HAN_DIGITS.indexOf(each)).join("")) : null;
  }
  let total = 0;
  let digit = 0;
  for (const each of text) {
    if (HAN_DIGITS.includes(each)) digit = HAN_DIGITS.indexOf(each);
    else {
      total += (digit || 1) * 10 ** ("十百千".indexOf(each) + 1);
      digit = 0;
    }
  }
  total += digit;
  const fits = total > 0 && total < 10000 && [text, text.replace(/^一/, "")].includes(toHan(total));
  return fits ? total : null;
}

// Other notations of a word: as search/query/equivalents.py.
function equivalents(word) {
  const found = [];
  const numbers = word.map(withoutEnd);
  if (word.length > 1 && numbers.every((each) => /^[0-9]+$/.test(each))) {
    const joined = numbers.join("");
    if (joined.length >= 7 && joined.length <= 20) found.push([joined + END]);
    if (word.length === 2 && numbers[0].length === numbers[1].length) {
      for (const sign of "至到") found.push([word[0], sign, word[1]]);
    }
  }
  for (let middle = 1; middle < word.length - 1; middle++) {
    if ("至到".includes(word[middle]) && /^\p{Nd}+$/u.test(numbers[middle - 1]) && /^\p{Nd}+$/u.test(numbers[middle + 1])) {
      found.push([...word.slice(0, middle), ...word.slice(middle + 1)]);
    }
  }
  if (word.length >= 3 && word[0] === "第") {
    if (/^[0-9]+$/.test(numbers[1])) {
      if (COUNTERS.includes(word[2]) && +numbers[1] > 0 && +numbers[1] <= 9999) {
        found.push(["第", ...toHan(+numbers[1]), ...word.slice(2)]);
      }
    } else {
      let end = 1;
      while (end < word.length && HAN_NUMERALS.includes(word[end])) end++;
      const value = end > 1 ? fromHan(word.slice(1, end).join("")) : null;
      if (value !== null && end < word.length && COUNTERS.includes(word[end])) {
        found.push(["第", value + END, ...word.slice(end)]);
      }
    }
  }
  if (word[1] === "年" && /^[0-9]{4}$/.test(numbers[0])) {
    found.push([...[...numbers[0]].map((digit) => HAN_DIGITS[+digit]), ...word.slice(1)]);
  }
  if (word[4] === "年" && word.slice(0, 4).every((each) => HAN_DIGITS.includes(each))) {
    found.push([word.slice(0, 4).map((each) => HAN_DIGITS.indexOf(each)).join("") + END, ...word.slice(4)]);
  }
  return [...new Map(found.map((each) => [each.join("\0"), each])).values()];
}
