// Query text → tree: as search/query/grammar.py and parser.py.
const FIELD_NAMES = {
  title: "title", 标题: "title", 標題: "title",
  body: "body", 正文: "body", 内容: "body", 內容: "body",
  author: "author", 作者: "author",
  category: "category", 分类: "category", 分類: "category",
  tag: "tag", 标签: "tag", 標籤: "tag",
  date: "date", 日期: "date",
  added: "added", 收录: "added", 收錄: "added",
};
const SEARCHED = { text: ["title", "body"], title: ["title"], body: ["body"] };
const VALUES = ["author", "category", "tag"];
const BEGIN = "(?<![^\\s(:\\-!|])";
const ENDING = "(?=[\\s)^|]|$)";
const TOKENS = [
  ["date", `(?<![^\\s(\\-!|])(?:date|日期|added|收录|收錄):\\s*(?:[<>=≥≤]+\\s*[^\\s()"|]+|(?:this|last|past)\\s+(?:[0-9]+\\s+)?(?:day|week|month|year)s?(?=[\\s)|]|$)|-[0-9][^\\s()"|]*)`],
  ["prefix", `${BEGIN}(?![-!])[^\\s()"|*?~:^]+\\*${ENDING}`],
  ["wildcard", `${BEGIN}[a-z][a-z0-9]*(?:[*?]+[a-z0-9]+)+\\*?${ENDING}`],
  ["fuzzy", `${BEGIN}[a-z]{3,}~[12]?${ENDING}`],
  ["space", "\\s+"],
  ["open", "\\("],
  ["close", "\\)"],
  ["and", '(?<=[\\s)"])AND(?:\\s+AND)*(?=[\\s("])'],
  ["or", '(?<=[\\s)"])OR(?:\\s+OR)*(?=[\\s("])|\\|(?:\\s*\\|)*'],
  ["not", '(?:^|(?<=[\\s(|]))(?:NOT(?=[\\s("])|[-!](?=[^\\s\\-!)|]))'],
  ["field", `(?<![^\\s(\\-!|])(?:${Object.keys(FIELD_NAMES).join("|")}):\\s*(?=\\S)`],
  ["phrase", '"[^"]*"(?:~[0-9]{1,4})?'],
  ["boost", "\\^(?:[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+)(?=[\\s)|]|$)"],
].map(([type, source]) => [type, regex(source, ["and", "or", "not"].includes(type) ? "uy" : "iuy")]);
const QUOTED = regex(
  '"[^"]*"|(?<![^\\s(:\\-!|])(?:' +
    ["“”", "„”", "「」", "『』", "«»", "〝〞"].map(([a, b]) => `${a}[^${a}${b}"]*${b}`).join("|") +
    ")(?=[\\s)~^|]|$)",
);
const LONGEST_QUERY = 1000;
const DEEPEST = 20;

// What is told about a query: the key of a message, and its value.
class Notes extends Array {
  add(key, value = "") {
    if (!this.some((each) => each.key === key && each.value === value)) this.push({ key, value });
  }
}

function narrow(text) {
  return text.replace(/[\uff01-\uff0b\uff0d-\uff5e\u3000]/g, (each) =>
    each === "\u3000" ? " " : String.fromCharCode(each.charCodeAt(0) - 0xfee0),
  );
}

function tokensOf(text) {
  const tokens = [];
  let word = "";
  const endWord = () => {
    if (word) tokens.push({ type: "word", text: word });
    word = "";
  };
  for (let at = 0; at < text.length; ) {
    let found = null;
    for (const [type, expression] of TOKENS) {
      expression.lastIndex = at;
      found = expression.exec(text);
      // 2^32 is text.
      if (found && type === "boost" && /(?:^|[\s(|:])(?:[^\s()|:]*\^)?[-+0-9.,/×x*]+$/.test(text.slice(Math.max(0, at - 40), at))) found = null;
      if (found) {
        endWord();
        tokens.push({ type, text: found[0] });
        at += found[0].length;
        break;
      }
    }
    if (!found) word += text[at++];
  }
  endWord();
  return tokens;
}

class Parser {
  constructor(tokens, notes) {
    this.tokens = tokens.filter((token) => token.type !== "space");
    this.notes = notes;
    this.at = 0;
  }

  get next() {
    return this.tokens[this.at]?.type;
  }

  // Words side by side, until a parenthesis ends them.
  words(field) {
    const parts = [];
    while (this.next && this.next !== "close") {
      const part = this.infix(field, "or", () => this.infix(field, "and", () => this.unary(field)));
      if (part) parts.push(part);
    }
    return { kind: "words", parts, boost: 1 };
  }

  infix(field, kind, inner) {
    const parts = [inner()];
    while (this.next === kind) {
      this.at++;
      if (!this.next || this.next === "close") {
        this.notes.add("operand", kind.toUpperCase());
        break;
      }
      parts.push(inner());
    }
    const there = parts.filter(Boolean);
    return there.length > 1 ? { kind, parts: there, boost: 1 } : there[0];
  }

  unary(field) {
    if (this.next !== "not") return this.boosted(this.atom(field));
    this.at++;
    if (!this.next || this.next === "close") {
      this.notes.add("operand", "NOT");
      return null;
    }
    const inner = this.unary(field);
    return inner && { kind: "not", inner };
  }

  boosted(node) {
    while (this.next === "boost") {
      const weight = Number(this.tokens[this.at++].text.slice(1));
      if (node?.boost) node.boost *= weight;
    }
    return node;
  }

  atom(field) {
    const token = this.tokens[this.at++];
    if (!token) return null;
    switch (token.type) {
      case "open": {
        const group = this.words(field);
        if (this.next === "close") this.at++;
        return group;
      }
      case "field":
        return this.boosted(this.atom(FIELD_NAMES[token.text.split(":")[0].toLowerCase()]));
      case "phrase": {
        const slop = Number(token.text.split('"')[2].slice(1) || 0);
        return { kind: "phrase", field, text: token.text.split('"')[1], slop, boost: 1 };
      }
      case "prefix":
        return { kind: "prefix", field, text: token.text.slice(0, -1), boost: 1 };
      case "wildcard":
      case "fuzzy":
        this.notes.add("pattern", token.text);
        return { kind: "term", field, text: token.text.replace(/[*?]+|~[12]?$/g, " "), boost: 1 };
      case "date": {
        const [, name, text] = /^(.*?):\s*(.*)$/s.exec(token.text);
        return { kind: "term", field: FIELD_NAMES[name.toLowerCase()], text: text.replace(/\s+/g, ""), boost: 1 };
      }
      case "and":
      case "or":
        this.notes.add("operand", token.text);
        return { kind: "term", field, text: token.text, boost: 1 };
      case "word":
        return { kind: "term", field, text: token.text, boost: 1 };
      default:
        return null;
    }
  }
}

// The tree of a query; null where there is nothing to search for.
function parseQuery(typed, notes, today) {
  let text = narrow(typed.slice(0, LONGEST_QUERY).replace(/[\0\ud800-\udfff](?![\udc00-\udfff])(?<![\ud800-\udbff][\udc00-\udfff])/g, " "));
  if (typed.length > LONGEST_QUERY) notes.add("long", String(LONGEST_QUERY));
  text = text.replace(QUOTED, (quoted) => `"${quoted.slice(1, -1)}"`);
  const unquoted = text.replace(/"[^"]*"/g, "");
  for (const [, name] of unquoted.matchAll(/(?<![^\s(\-!|])([A-Za-z]{3,}):(?=[^\s/:\d])/g)) {
    if (!FIELD_NAMES[name.toLowerCase()]) notes.add("field", name);
  }
  if ((text.match(/"/g) ?? []).length % 2) {
    notes.add("quote");
    const last = text.lastIndexOf('"');
    text = `${text.slice(0, last)} ${text.slice(last + 1)}`;
  }
  let depth = 0;
  let deepest = 0;
  let isBalanced = true;
  for (const each of unquoted) {
    depth += (each === "(") - (each === ")");
    if (depth < 0) isBalanced = false;
    depth = Math.max(0, depth);
    deepest = Math.max(deepest, depth);
  }
  if (depth || !isBalanced || deepest > DEEPEST) {
    notes.add("parenthesis");
    if (deepest > DEEPEST) text = text.replace(/[()]/g, " ");
  }
  const parser = new Parser(tokensOf(text), notes);
  const parts = [];
  while (parser.next) {
    parts.push(parser.words("text"));
    if (parser.next === "close") parser.at++;
  }
  return simplified({ kind: "words", parts, boost: 1 }, notes, today);
}

function simplified(node, notes, today) {
  if (!node) return null;
  if (node.kind === "not") {
    const inner = simplified(node.inner, notes, today);
    return inner?.kind === "not" ? inner.inner : inner && { kind: "not", inner };
  }
  if (!node.parts) return leaf(node, notes, today);
  const parts = [];
  for (const part of node.parts) {
    const each = simplified(part, notes, today);
    if (each?.kind === node.kind && each.boost === 1) parts.push(...each.parts);
    else if (each) parts.push(each);
  }
  if (parts.length > 1) return { ...node, parts };
  return parts.length ? (parts[0].kind === "not" ? parts[0] : { ...parts[0], boost: parts[0].boost * node.boost }) : null;
}

function leaf(node, notes, today) {
  if (!node.text.trim()) return null;
  if (node.field === "added") {
    notes.add("added", `added:${node.text}`);
    return null;
  }
  if (node.field === "date") {
    const dates = parseDates(node.text, today);
    if (dates) return { kind: "dates", ...dates, boost: 1 };
    notes.add("date", node.text);
    return { kind: "term", field: "text", text: node.text, boost: 1 };
  }
  if (node.kind === "phrase" && node.slop) {
    notes.add("distance", `"${node.text}"~${node.slop}`);
    return { kind: "term", field: node.field, text: node.text, boost: node.boost };
  }
  return node;
}

const dayOf = (year, month, day) => Math.floor(Date.UTC(year, month - 1, day) / 86400000);

// The first day of a period, and the first one behind it; null where it is none.
function parsePeriod(text, today) {
  const found = /^(\d{4})年?(?:(?:[-/.]|(?<=年)|(?=\d\d(?:\d\d)?$))(\d{1,2})月?(?:(?:[-/.]|(?<=月)|(?=\d\d$))(\d{1,2})日?)?)?$/.exec(text);
  if (found) {
    const [year, month, day] = found.slice(1).map((part) => (part === undefined ? null : Number(part)));
    if (year < 1 || month === 0 || month > 12 || day === 0 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
    if (month === null) return [dayOf(year, 1, 1), dayOf(year + 1, 1, 1)];
    if (day === null) return [dayOf(year, month, 1), dayOf(year, month + 1, 1)];
    return [dayOf(year, month, day), dayOf(year, month, day + 1)];
  }
  const span = /^-(\d{1,5})([dwmy天日周月年])$/i.exec(text);
  if (!span) return null;
  const back = Number(span[1]);
  const start = new Date(today * 86400000);
  const day = start.getUTCDate();
  if (/[dw天日周]/i.test(span[2])) return [today - back * (/[w周]/i.test(span[2]) ? 7 : 1), Infinity];
  start.setUTCDate(1);
  if (/[m月]/i.test(span[2])) start.setUTCMonth(start.getUTCMonth() - back);
  else start.setUTCFullYear(start.getUTCFullYear() - back);
  start.setUTCDate(Math.min(day, new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate()));
  return [Math.floor(start / 86400000), Infinity];
}

// Days { from, to }, `to` not among them.
function parseDates(text, today) {
  const compared = /^(>=|<=|>|<|≥|≤|=)(.+)$/.exec(text);
  if (compared) {
    const period = parsePeriod(compared[2], today);
    if (!period) return null;
    const [from, to] = period;
    const all = { from: -Infinity, to: Infinity };
    switch (compared[1]) {
      case ">=":
      case "≥":
        return { ...all, from };
      case "<=":
      case "≤":
        return { ...all, to };
      case ">":
        return { ...all, from: to };
      case "<":
        return { ...all, to: from };
      default:
        return { from, to };
    }
  }
  const range = /^([^<>=]*?)(?:\.\.|…|~|至|到)([^<>=]*)$/.exec(text);
  if (!range) {
    const period = parsePeriod(text, today);
    return period && { from: period[0], to: period[1] };
  }
  const [first, last] = range.slice(1).map((part) => part.trim());
  const periods = [first, last].map((part) => (part ? parsePeriod(part, today) : [-Infinity, Infinity]));
  if ((!first && !last) || !periods[0] || !periods[1]) return null;
  const [start, end] = periods;
  if (end[1] <= start[0]) return { from: end[0], to: start[1] };
  return { from: start[0], to: end[1] };
}
