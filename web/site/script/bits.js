// Blocks of bits: as web/site/bits.py and postings.py.
const KEY_STEP = 6;
const LONGEST_UNARY = 24;
const TITLE_WEIGHT = 2;

class BitReader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.size = bytes.length * 8;
  }

  bit() {
    if (this.at >= this.size) throw new Error("a block ends too early");
    const bit = (this.bytes[this.at >> 3] >> (7 - (this.at & 7))) & 1;
    this.at++;
    return bit;
  }

  plain(width) {
    let value = 0;
    while (width-- > 0) value = value * 2 + this.bit();
    return value;
  }

  gamma() {
    let zeros = 0;
    while (!this.bit()) zeros++;
    let value = 1;
    while (zeros-- > 0) value = value * 2 + this.bit();
    return value;
  }

  rice(parameter) {
    let quotient = 0;
    while (quotient < LONGEST_UNARY && this.bit()) quotient++;
    if (quotient === LONGEST_UNARY) quotient += this.gamma() - 1;
    return quotient * 2 ** parameter + this.plain(parameter);
  }

  ascending(count, span) {
    const mean = Math.floor((span * 11) / (count * 16));
    const parameter = mean ? 31 - Math.clz32(mean) : 0;
    const found = new Uint32Array(count);
    let last = -1;
    for (let number = 0; number < count; number++) found[number] = last += this.rice(parameter) + 1;
    return found;
  }

  gammas(count) {
    return Uint32Array.from({ length: count }, () => this.gamma());
  }

  character() {
    if (this.bit()) return this.plain(16);
    return this.plain(7) || END.charCodeAt(0);
  }
}

// The terms of a block by key, each { docs, body, title, words, frequency }.
function readBlock(bytes, count) {
  const reader = new BitReader(bytes);
  const terms = new Map();
  let codes = [];
  // What fills up the last byte is shorter than a term, which takes ten bits and more.
  while (reader.size - reader.at >= 10 || !terms.size) {
    if (reader.bit()) codes[codes.length - 1] += reader.rice(KEY_STEP) + 1;
    else {
      codes = codes.slice(0, reader.gamma() - 1);
      for (let left = reader.gamma(); left > 0; left--) codes.push(reader.character());
    }
    terms.set(String.fromCharCode(...codes), readTerm(reader, count));
  }
  return terms;
}

function readTerm(reader, span) {
  const isPlain = reader.bit();
  const [isGram, inTitle, isWord, isUnit, hasFrequency] = isPlain ? [1, 0, 0, 0, 0] : [0, 0, 0, 0, 0].map(() => reader.bit());
  const term = { frequency: hasFrequency ? reader.gamma() : 0, docs: new Uint32Array(0) };
  if (!(isGram || isWord || isUnit)) return term;
  const count = reader.gamma();
  term.docs = reader.ascending(count, span);
  if (isGram && !inTitle && !isWord) term.body = reader.gammas(count);
  else if (isGram) {
    term.body = new Uint32Array(count);
    term.title = readRanks(reader, inTitle, count);
    for (let at = 0; at < count; at++) {
      if (term.title[at]) {
        term.title[at] = reader.gamma();
        term.body[at] = reader.gamma() - 1;
      } else term.body[at] = reader.gamma();
    }
    if (isWord) {
      const lacks = reader.bit();
      term.words = new Uint32Array(count);
      for (let at = 0; at < count; at++) {
        term.words[at] = term.body[at] + TITLE_WEIGHT * term.title[at] - (lacks ? reader.gamma() - 1 : 0);
      }
    }
  } else if (isUnit) {
    term.units = readRanks(reader, inTitle, count);
    if (isWord) term.words = reader.gammas(count).map((each) => each - 1);
  } else if (isWord) term.words = reader.gammas(count);
  return term;
}

// For each article of a term 1 if it has it in the title.
function readRanks(reader, inTitle, count) {
  const found = new Uint32Array(count);
  if (inTitle) for (const rank of reader.ascending(reader.gamma(), count)) found[rank] = 1;
  return found;
}
