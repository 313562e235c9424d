// Tree → what matches, what scores, what is highlighted: as search/query/resolve.py and search/planning/.
const WEIGHTS = { words: 1, grams: 0.6, functionGrams: 0.5, body: 0.6, title: 1, passage: 0.5, question: 0.1 };
const QUESTION_WORDS = new Set(
  ("什么 哪些 哪个 哪里 哪儿 哪 哪位 哪年 谁 几 几个 多少 为什么 为何 怎么 怎样 如何 怎么样 何 何时 何地 " +
    "是否 能否 可否 有没有 吗 呢 吧 啊 请问 请 是 的 了 在 有 和 与 及 被 把 对 从 到 为 以 于 由 而 或 也 " +
    "都 就 其 之 这 那 该 某 我 你 他 她 它 我们 他们").split(" "),
);
const MOST_WORDS = 64;
const MOST_PASSAGE_WORDS = 32;
const MOST_EQUIVALENTS = 24;
const MOST_LIKE = 50;

const key = (units) => units.join("");
const all = (of) => ({ op: "all", of });
const any = (of) => ({ op: "any", of });
const unitsNode = (field, units) => ({ op: "units", field, units });

class Planner {
  constructor(words, notes) {
    this.words = words;
    this.notes = notes;
    this.left = MOST_WORDS;
    this.equivalents = MOST_EQUIVALENTS;
  }

  take(wanted) {
    const taken = Math.min(wanted, this.left);
    this.left -= taken;
    if (taken < wanted) this.notes.add("words", String(MOST_WORDS));
    return taken;
  }

  resolve(node) {
    if (node.parts) {
      const parts = [];
      const texts = [];
      for (const each of node.parts) {
        const part = this.resolve(each);
        if (!part) continue;
        parts.push(part);
        if (part.kind === "text") texts.push(part);
      }
      if (!parts.length) return null;
      return { ...node, parts, run: node.kind === "or" ? null : this.run(texts) };
    }
    if (node.kind === "not") {
      const inner = this.resolve(node.inner);
      return inner && { kind: "not", inner };
    }
    if (node.kind !== "dates" && VALUES.includes(node.field)) {
      return this.take(1) ? { ...node, kind: "value", isPrefix: node.kind === "prefix", key: foldKey(node.text) } : null;
    }
    if (node.kind === "term") return this.text(node);
    if (!this.take(1)) return null;
    if (node.kind === "dates") return node;
    const units = queryUnits(node.text);
    return units.length ? { ...node, units } : null;
  }

  text(node) {
    const typed = this.words.queryWords(node.text);
    const words = typed.slice(0, this.take(typed.length));
    if (!words.length) return null;
    const text = words.length === typed.length ? node.text : words.map(textOf).join(" ");
    const forms = words.map((word) => {
      const found = equivalents(word).slice(0, this.equivalents);
      this.equivalents -= found.length;
      return found;
    });
    return { ...node, kind: "text", text, units: queryUnits(text), words, forms };
  }

  run(texts) {
    if (texts.length < 2 || new Set(texts.map((text) => text.field)).size > 1) return null;
    const units = queryUnits(texts.map((text) => text.text).join(" "));
    if (units.includes(BOUNDARY) || units.length < 2) return null;
    return { fields: SEARCHED[texts[0].field], units };
  }

  // Everything that a search needs to know of a tree.
  plan(tree) {
    const scores = new Map();
    for (const part of this.scores(tree)) {
      const id = `${part.field}\0${part.units ? part.units.join("\0") : part.key}`;
      const known = scores.get(id);
      if (known) known.boost = Math.min(known.boost + part.boost, 1e6);
      else scores.set(id, part);
    }
    return {
      strict: this.strict(tree),
      relaxed: this.relaxed(tree),
      scores: [...scores.values()],
      prefixes: [...this.prefixes(tree)],
      passage: this.passage(tree),
      highlights: [...new Map(this.highlights(tree).map((each) => [`${each.units.join("\0")}\n${each.fields}`, each])).values()],
    };
  }

  strict(node) {
    switch (node.kind) {
      case "words":
      case "and":
        return all(node.parts.map((part) => this.strict(part)));
      case "or":
        return any(node.parts.map((part) => this.strict(part)));
      case "not":
        return { op: "not", of: this.strict(node.inner) };
      case "text":
        return all(
          node.words.map((word, at) => any([word, ...node.forms[at]].map((units) => unitsNode(node.field, units)))),
        );
      case "phrase":
        return unitsNode(node.field, node.units);
      case "prefix":
        return isRun(node.units.at(-1)) ? { op: "prefix", field: node.field, units: node.units } : unitsNode(node.field, node.units);
      case "value":
        return { op: "value", field: node.field, key: node.key, isPrefix: node.isPrefix };
      default:
        return { op: "dates", from: node.from, to: node.to };
    }
  }

  // Partial matches: at least one of the words; null where there is only one.
  relaxed(tree) {
    const parts = tree.kind === "words" ? tree.parts : [tree];
    const texts = parts.filter((part) => part.kind === "text");
    const isCompound = (word) => word.filter(isRun).length > 1 && word.some((unit) => isRun(unit) && /^\p{L}/u.test(unit));
    const count = texts.flatMap((text) => text.words).reduce((sum, word) => sum + 1 + isCompound(word), 0);
    if (count < 2) return null;
    const words = texts.flatMap((text) =>
      [...this.words.partialWords(text.text), ...text.forms.flat()].map((units) => unitsNode(text.field, units)),
    );
    return all([any(words), ...parts.filter((part) => part.kind !== "text").map((part) => this.strict(part))]);
  }

  scores(node) {
    let parts = [];
    switch (node.kind) {
      case "words":
      case "and":
      case "or":
        parts = node.parts.flatMap((part) => this.scores(part));
        if (node.run) parts.push(...this.phraseScores(node.run.fields, node.run.units));
        break;
      case "text":
        parts = this.wordScores(SEARCHED[node.field], node.text);
        if (node.units.length > 1 && !node.units.includes(BOUNDARY)) {
          const fields = SEARCHED[node.field].filter((field) => node.words.length > 1 || field === "title");
          parts.push(...this.phraseScores(fields, node.units));
        }
        break;
      case "phrase":
        parts = this.wordScores(SEARCHED[node.field], node.text);
        if (node.units.length > 1) parts.push(...this.phraseScores(SEARCHED[node.field], node.units));
        break;
      case "prefix":
        if (!isRun(node.units.at(-1))) {
          parts = this.wordScores(SEARCHED[node.field], node.text);
          const titles = SEARCHED[node.field].filter((field) => field === "title");
          if (node.units.length > 1) parts.push(...this.phraseScores(titles, node.units));
        }
        break;
      default:
        return [];
    }
    return parts.map((part) => ({ ...part, boost: Math.min(part.boost * node.boost, 1e6) }));
  }

  wordScores(fields, text) {
    const parts = [];
    for (const [word, count] of counted(this.words.words(text))) {
      parts.push({ field: "words", key: word, boost: WEIGHTS.words * count * (QUESTION_WORDS.has(word) ? WEIGHTS.question : 1) });
    }
    const units = queryUnits(text);
    const pairs = units.slice(1).map((unit, at) => [units[at], unit]).filter((pair) => !pair.includes(BOUNDARY));
    for (const [gram, count] of counted(pairs.map(key))) {
      const says = pairs.find((pair) => key(pair) === gram).some((unit) => BOTH.has(unit)) ? WEIGHTS.functionGrams : 1;
      parts.push({ field: fields.at(-1), key: gram, boost: WEIGHTS.grams * count * says });
    }
    return parts;
  }

  phraseScores(fields, units) {
    return fields.map((field) =>
      units.length === 2 && !units.includes(BOUNDARY)
        ? { field, key: key(units), boost: WEIGHTS[field] }
        : { field, units, boost: WEIGHTS[field] },
    );
  }

  // Beginnings of words of letters, whose words score once they are known.
  *prefixes(node) {
    if (node.parts) for (const part of node.parts) yield* this.prefixes(part);
    else if (node.kind === "prefix" && isRun(node.units.at(-1))) {
      yield { prefix: withoutEnd(node.units.at(-1)), boost: node.boost };
    }
  }

  passage(tree) {
    const weights = new Map();
    const add = (node, boost) => {
      if (node.parts) for (const part of node.parts) add(part, boost * node.boost);
      else if (node.kind === "text" && node.field !== "title") {
        node.words.forEach((word, at) => {
          const typed = textOf(word);
          const forms = node.forms[at].map(textOf);
          if (forms.length) keep([typed, ...forms], boost * node.boost);
          else this.dictionaryWords(typed).forEach((each) => keep([each], boost * node.boost));
        });
      } else if (node.kind === "phrase" && node.field !== "title") {
        this.dictionaryWords(node.text).forEach((each) => keep([each], boost * node.boost));
      }
    };
    const keep = (forms, weight) => {
      const id = forms.join("\0");
      weights.set(id, { forms, weight: Math.min((weights.get(id)?.weight ?? 0) + weight, 1e6) });
    };
    add(tree, 1);
    return weights.size > 1 ? [...weights.values()].slice(0, MOST_PASSAGE_WORDS) : [];
  }

  dictionaryWords(text) {
    return this.words.words(text).filter((word) => !QUESTION_WORDS.has(word));
  }

  highlights(node) {
    if (node.parts) {
      const found = node.parts.flatMap((part) => this.highlights(part));
      if (node.run) found.push({ units: node.run.units, fields: node.run.fields, weight: 2 * node.run.units.length });
      return found;
    }
    const fields = SEARCHED[node.field];
    if (node.kind === "phrase") return [{ units: node.units, fields, weight: 2 * node.units.length }];
    if (node.kind === "prefix") return [{ units: node.units, fields, weight: node.units.length, isPrefix: true }];
    if (node.kind !== "text") return [];
    const found = [];
    if (node.words.length > 1 && !node.units.includes(BOUNDARY)) {
      found.push({ units: node.units, fields, weight: 2 * node.units.length });
    }
    for (const words of [node.words, ...node.forms]) {
      const longer = words.filter((word) => word.length > 1 || isRun(word[0]));
      for (const units of longer.length ? longer : words) found.push({ units, fields, weight: units.length });
    }
    return found;
  }
}

function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

// The texts of a tree, to be cut into words.
function textsOf(node) {
  if (node.parts) {
    const inner = node.parts.flatMap(textsOf);
    return inner;
  }
  if (node.kind === "not") return textsOf(node.inner);
  return node.kind === "dates" || VALUES.includes(node.field) ? [] : [node.text];
}
