// Plan → hits: as search/retrieval.py and second_look.py. What grams alone can't decide (three units and more in a
// row) is looked up in the texts of the hits.
const K1 = 1.2;
const B = 0.75;
const LOOKED_AT = 20;
const PASSAGE = 250;
const MOST_OCCURRENCES = 50;
const MOST_PARTIAL = 100;
// Records that a search reads to tell what matches; behind them, totals are a bound.
const MOST_READ = 80;
const NO = 0;
const MAYBE = 1;
const YES = 2;

const idf = (documents, having) => Math.log(1 + (documents - having + 0.5) / (having + 0.5));
const saturated = (count) => (count * 1.5) / (count + 0.5);
const pairsOf = (units) => units.slice(1).map((unit, at) => [units[at], unit]);
// The least pairs that cover a sequence of units.
const covering = (units) => {
  const offsets = [];
  for (let at = 0; at < units.length - 1; at += 2) offsets.push(at);
  if (units.length % 2) offsets.push(units.length - 2);
  return offsets.map((at) => [units[at], units[at + 1]]);
};
const wordOf = (units) => (units.length > 2 && units.every((unit) => unit.length === 1) ? units.join("") : null);

class Searcher {
  constructor(store) {
    this.store = store;
    this.words = new Words(store);
    this.texts = new Map();
    const { zone } = store;
    const today = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date());
    this.today = Math.floor(Date.parse(`${today}T00:00:00Z`) / 86400000);
  }

  // The hits of a query from `offset` on: { hits, total, isBound, notes, partial }.
  async search(typed, { offset = 0, size = 10 } = {}) {
    const notes = new Notes();
    const tree = parseQuery(typed, notes, this.today);
    if (tree) await this.words.prepare(textsOf(tree));
    const resolved = tree && new Planner(this.words, notes).resolve(tree);
    if (!resolved) {
      if (!notes.length) notes.add("empty");
      return { hits: [], total: 0, isBound: false, notes, partial: 0 };
    }
    const plan = new Planner(this.words, notes).plan(resolved);
    await this.load(plan);
    const scores = plan.scores.concat(plan.prefixes.flatMap((each) => this.prefixScores(each)));
    const found = await this.rank(plan.strict, { ...plan, scores }, offset, size);
    const hits = found.hits.map((hit) => ({ ...hit, isPartial: false }));
    let partial = 0;
    if (plan.relaxed && found.total < size) {
      const more = await this.rank(all([plan.relaxed, { op: "not", of: plan.strict }]), { ...plan, scores }, Math.max(0, offset - found.total), size - hits.length, MOST_PARTIAL);
      partial = more.total;
      hits.push(...more.hits.map((hit) => ({ ...hit, isPartial: true })));
    }
    const lighter = new Highlighter(plan.highlights);
    for (const hit of hits) {
      const [record] = await this.store.read([hit.number]);
      Object.assign(hit, record, { highlights: lighter.title(record.title) });
      hit.snippets = await lighter.snippets(record.text, () => this.store.wholeText(hit.number));
    }
    return { hits, total: found.total, isBound: found.isBound, notes, partial };
  }

  async load(plan) {
    const ranges = [];
    const exact = (text) => ranges.push([text, text]);
    let needsValues = false;
    const visit = (node) => {
      if (Array.isArray(node.of)) node.of.forEach(visit);
      else if (node.op === "not") visit(node.of);
      else if (node.op === "value") needsValues = true;
      else if (node.op === "prefix") {
        const stem = withoutEnd(node.units.at(-1));
        const from = node.units.length > 1 ? node.units.at(-2) + stem : stem;
        ranges.push([from, `${from}\uffff`]);
        visit({ op: "units", units: node.units.slice(0, -1) });
      } else if (node.op === "units" && node.units.length) {
        const grams = pairsOf(node.units).filter((pair) => !pair.includes(BOUNDARY));
        grams.forEach((pair) => exact(key(pair)));
        if (!grams.length) node.units.filter((unit) => unit !== BOUNDARY).forEach(exact);
        if (wordOf(node.units)) exact(wordOf(node.units));
      }
    };
    visit(plan.strict);
    if (plan.relaxed) visit(plan.relaxed);
    for (const part of plan.scores) {
      if (part.units) pairsOf(part.units).filter((pair) => !pair.includes(BOUNDARY)).forEach((pair) => exact(key(pair)));
      else exact(part.key);
    }
    for (const { prefix } of plan.prefixes) ranges.push([prefix, `${prefix}\uffff`]);
    for (const { forms } of plan.passage) exact(forms[0]);
    if (needsValues && !this.values) this.values = await this.store.values();
    await this.store.load(ranges);
  }

  prefixScores({ prefix, boost }) {
    const having = this.store.keysFrom(prefix).map((each) => [each, this.store.term(each).df.words]).filter(([, count]) => count);
    const common = having.sort((a, b) => b[1] - a[1]).slice(0, MOST_LIKE);
    const { count } = this.store;
    return common.map(([each, with_]) => ({ field: "words", key: each, boost: (boost * idf(count, common[0][1])) / idf(count, with_) }));
  }

  // For each article whether it matches: NO, MAYBE or YES.
  state(node) {
    const { count, days } = this.store;
    const found = new Uint8Array(count);
    switch (node.op) {
      case "all":
        found.fill(YES);
        for (const each of node.of) this.state(each).forEach((state, at) => state < found[at] && (found[at] = state));
        break;
      case "any":
        for (const each of node.of) this.state(each).forEach((state, at) => state > found[at] && (found[at] = state));
        break;
      case "not":
        this.state(node.of).forEach((state, at) => (found[at] = YES - state));
        break;
      case "dates":
        for (let at = 0; at < count; at++) if (days[at] !== null && days[at] >= node.from && days[at] < node.to) found[at] = YES;
        break;
      case "value":
        for (const [value, gaps] of Object.entries(this.values[node.field])) {
          if (!(node.isPrefix ? value.startsWith(node.key) : value === node.key)) continue;
          let number = 0;
          for (const gap of gaps) found[(number += gap)] = YES;
        }
        break;
      case "prefix":
        this.prefixState(node, found);
        break;
      default:
        this.unitsState(node, found);
    }
    return found;
  }

  unitsState({ field, units }, found) {
    if (units.length === 1) {
      const { docs, units: inTitle } = this.store.term(units[0]);
      docs.forEach((number, at) => {
        found[number] = field === "text" || (field === "title" ? inTitle[at] : !inTitle[at]) ? YES : field === "title" ? NO : MAYBE;
      });
      return;
    }
    for (const each of SEARCHED[field]) {
      for (const number of this.candidates(each, units).keys()) {
        found[number] = units.length === 2 && !units.includes(BOUNDARY) ? YES : Math.max(found[number], MAYBE);
      }
    }
    const word = wordOf(units);
    if (word && field === "text") {
      const { docs, words } = this.store.term(word);
      docs.forEach((number, at) => words[at] && (found[number] = YES));
    }
  }

  // Articles with each pair of a sequence of units in a field, with the least of their counts.
  candidates(field, units) {
    let found = null;
    const pairs = pairsOf(units).filter((pair) => !pair.includes(BOUNDARY));
    for (const pair of pairs) {
      const term = this.store.term(key(pair));
      const next = new Map();
      term.docs.forEach((number, at) => {
        const count = term[field][at];
        const before = found ? found.get(number) : Infinity;
        if (count && before) next.set(number, Math.min(count, before));
      });
      found = next;
    }
    if (found) return found;
    for (const unit of units.filter((each) => each !== BOUNDARY)) {
      const there = this.store.term(unit).docs.filter((number) => !found || found.has(number));
      found = new Map(there.map((number) => [number, 1]));
    }
    return found ?? new Map();
  }

  prefixState({ field, units }, found) {
    const stem = withoutEnd(units.at(-1));
    const head = units.slice(0, -1);
    if (!head.length) {
      for (const each of this.store.keysFrom(stem)) {
        const term = this.store.term(each);
        if (term.isUnit && isUnit(each)) this.unitsState({ field, units: [each] }, found);
      }
      return;
    }
    const prefix = head.at(-1) + stem;
    for (const each of SEARCHED[field]) {
      const before = head.length > 1 ? this.candidates(each, head) : null;
      for (const gram of this.store.keysFrom(prefix)) {
        const term = this.store.term(gram);
        term.docs.forEach((number, at) => {
          if (term[each][at] && (!before || before.has(number))) found[number] = before ? Math.max(found[number], MAYBE) : YES;
        });
      }
    }
  }

  // True if the texts of an article match.
  async matches(node, number) {
    if (Array.isArray(node.of)) {
      for (const each of node.of) if ((await this.matches(each, number)) === (node.op === "any")) return node.op === "any";
      return node.op === "all";
    }
    if (node.op === "not") return !(await this.matches(node.of, number));
    const state = this.stateOf(node)[number];
    if (state !== MAYBE) return state === YES;
    const texts = await this.unitsIn(number);
    return SEARCHED[node.field].some((field) => occurrences(texts[field], node.units, 1, node.op === "prefix").length);
  }

  stateOf(node) {
    if (!this.states.has(node)) this.states.set(node, this.state(node));
    return this.states.get(node);
  }

  async unitsIn(number) {
    if (!this.texts.has(number)) {
      const [{ title }] = await this.store.read([number]);
      const text = await this.store.wholeText(number);
      this.texts.set(number, { title: unitsOf(title).units, body: unitsOf(text).units });
    }
    return this.texts.get(number);
  }

  // The hits of a list from `offset` on: its first twenty after a second look.
  async rank(node, plan, offset, size, most = Infinity) {
    this.states = new Map();
    const state = this.state(node);
    const { base, phrases } = this.scored(plan.scores);
    const listed = [];
    state.forEach((each, number) => each && listed.push(number));
    const hasScores = plan.scores.length > 0;
    const estimate = (number) => phrases.reduce((sum, phrase) => sum + phrase.worth(number, phrase.counts.get(number) ?? 0), base[number]);
    const estimates = new Map(listed.map((number) => [number, hasScores ? estimate(number) : 0]));
    listed.sort((a, b) => estimates.get(b) - estimates.get(a) || b - a);
    const wanted = Math.min(most, Math.max(hasScores ? LOOKED_AT : 0, offset + size));
    const sure = [];
    let at = 0;
    let read = 0;
    while (at < listed.length && (sure.length < wanted || read < MOST_READ)) {
      // Behind the page, only what is in doubt is read, to count it.
      const counts = sure.length >= wanted;
      const part = [];
      while (at < listed.length && part.length < (counts ? MOST_READ - read : wanted - sure.length)) {
        if (!counts || state[listed[at]] === MAYBE) part.push(listed[at]);
        else sure.push(listed[at]);
        at++;
      }
      if (counts && !part.length) break;
      const doubtful = part.filter((number) => state[number] === MAYBE);
      read += doubtful.length;
      await this.store.read(doubtful);
      for (const number of part) if (state[number] === YES || (await this.matches(node, number))) sure.push(number);
    }
    const left = listed.slice(at);
    const isBound = left.some((number) => state[number] === MAYBE);
    let hits = sure.map((number) => ({ number, score: estimates.get(number) }));
    hits.sort((a, b) => b.score - a.score || b.number - a.number);
    if (hasScores) hits = await this.lookAgain(hits, plan, base, phrases);
    const total = Math.min(most, sure.length + left.length);
    return { hits: hits.slice(offset, Math.min(total, offset + size)), total, isBound };
  }

  // The scores of articles without phrases, and the phrases.
  scored(parts) {
    const { count, core } = this.store;
    const base = new Float64Array(count);
    const phrases = [];
    const worth = (field, boost, sum) => {
      const index = { title: 0, body: 1, words: 2 }[field];
      const lengths = core.lengths[index];
      const average = core.averages[index] || 1;
      return (number, times) =>
        times ? (boost * sum * (1 + K1) * times) / (times + K1 * (1 - B + (B * lengths[number]) / average)) : 0;
    };
    for (const part of parts) {
      if (part.units) {
        const pairs = covering(part.units).filter((pair) => !pair.includes(BOUNDARY));
        const sum = pairs.reduce((total, pair) => total + idf(count, this.store.term(key(pair)).df[part.field]), 0);
        phrases.push({ ...part, worth: worth(part.field, part.boost, sum), counts: this.candidates(part.field, part.units) });
        continue;
      }
      const term = this.store.term(part.key);
      const add = worth(part.field, part.boost, idf(count, term.df[part.field]));
      term.docs.forEach((number, at) => (base[number] += add(number, term[part.field][at])));
    }
    return { base, phrases };
  }

  async lookAgain(hits, plan, base, phrases) {
    const first = hits.slice(0, LOOKED_AT);
    const { count } = this.store;
    const words = plan.passage.map(({ forms, weight }) => ({ forms, weight: weight * idf(count, this.store.term(forms[0]).df.words) }));
    if (words.length || phrases.some((phrase) => phrase.counts.size)) {
      const records = await this.store.read(first.map((hit) => hit.number));
      for (const [at, hit] of first.entries()) {
        hit.score = base[hit.number];
        for (const phrase of phrases) {
          if (!phrase.counts.has(hit.number)) continue;
          const texts = await this.unitsIn(hit.number);
          hit.score += phrase.worth(hit.number, occurrences(texts[phrase.field], phrase.units).length);
        }
        if (words.length) {
          const { title, text } = records[at];
          hit.score += passagePoints(translated(title).text, translated(text).text, words);
        }
      }
      first.sort((a, b) => b.score - a.score || b.number - a.number);
    }
    return [...first, ...hits.slice(LOOKED_AT)];
  }
}

// A key that is a unit by itself: a character, or letters and digits.
function isUnit(text) {
  return !text.slice(0, -1).includes(END);
}

function passagePoints(title, text, words) {
  const counts = words.map((word) => wordOffsets(title, word).length);
  let points = words.reduce((sum, word, at) => sum + word.weight * saturated(counts[at]), 0);
  let best = points;
  const found = words.flatMap((word, number) => wordOffsets(text, word).map((start) => [start, number]));
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const gain = (number) => words[number].weight * (saturated(counts[number] + 1) - saturated(counts[number]));
  let first = 0;
  for (const [start, number] of found) {
    while (start - found[first][0] > PASSAGE) {
      const left = found[first][1];
      counts[left]--;
      points -= gain(left);
      first++;
    }
    points += gain(number);
    counts[number]++;
    best = Math.max(best, points);
  }
  return WEIGHTS.passage * best;
}

// The offsets of the first occurrences of a word's forms. Letters and digits are whole words.
function wordOffsets(text, word) {
  const found = [];
  const goesOn = (offset) => offset > 0 && /^[a-z0-9]{2}$/i.test(text.slice(offset - 1, offset + 1));
  for (const form of word.forms) {
    const isAscii = form.charCodeAt(0) < 128 || form.charCodeAt(form.length - 1) < 128;
    for (let start = text.indexOf(form); start >= 0 && found.length < MOST_OCCURRENCES; ) {
      const end = start + form.length;
      if (!isAscii || !(goesOn(start) || goesOn(end))) found.push(start);
      start = text.indexOf(form, end);
    }
  }
  return found;
}
