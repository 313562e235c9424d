// Passages with highlights: as search/snippets.py.
const LENGTH = 120;
const REACH = 40;
const LEAD = 20;
const PASSAGES = 2;
const MOST_IN_ALL = 1000;
const GAINS = [1.05, 0.05, 0.05, 0.05, 0.05, 0];
const SENTENCE_END = "[。！？!?；;\\n]+[”’」』）)\\]]*";

class Highlighter {
  constructor(terms) {
    this.terms = terms.map((term, number) => ({ ...term, number })).sort((a, b) => b.weight - a.weight);
    this.weights = terms.map((term) => term.weight);
  }

  // The ranges of a title to highlight.
  title(text) {
    return merged(this.find(text, "title"));
  }

  // The best passages of a text, each { text, highlights, before, after }. Of a long one, `whole` gives the rest.
  async snippets(text, whole) {
    let read = text;
    let found = this.find(read, "body");
    if (!found.length && this.terms.length) {
      read = await whole();
      if (read.length > text.length) found = this.find(read, "body");
    }
    if (!found.length) return read ? [passage(read, ...extended(read, 0, 0), [])] : [];
    return chosen(read, found, this.weights)
      .sort((a, b) => a[0] - b[0])
      .map(([start, end]) => passage(read, start, end, found));
  }

  find(text, field) {
    const terms = this.terms.filter((term) => term.fields.includes(field));
    if (!terms.length) return [];
    const { units, starts, ends } = unitsOf(text);
    const found = [];
    for (const term of terms) {
      if (found.length >= MOST_IN_ALL) break;
      for (const at of occurrences(units, term.units, MOST_OCCURRENCES, term.isPrefix)) {
        found.push({ ...graphemes(text, starts[at], ends[at + term.units.length - 1]), term: term.number });
      }
    }
    return found.sort((a, b) => a.start - b.start || b.end - a.end);
  }
}

// A range extended to whole graphemes: accents, variation selectors, skin tones, joiners.
function graphemes(text, start, end) {
  const goesOn = (at) => /^(?:\p{M}|[\u200c\u200d\uff9e\uff9f]|\p{Emoji_Modifier})/u.test(text.slice(at, at + 2));
  while (start > 0 && (goesOn(start) || text[start - 1] === "\u200d")) start--;
  while (end < text.length && (goesOn(end) || text[end - 1] === "\u200d")) {
    end += String.fromCodePoint(text.codePointAt(end)).length;
  }
  return { start, end };
}

function chosen(text, everything, weights) {
  const spans = [];
  let found = everything;
  let wanted = new Set(found.map((each) => each.term));
  while (wanted.size && spans.length < PASSAGES) {
    const best = bestWindow(found, weights, wanted);
    if (!best) break;
    let span = uncut(extended(text, ...best), everything);
    if (spans.some(([start, end]) => span[0] < end && start < span[1])) span = uncut(best, everything);
    spans.push(span);
    for (const each of found) if (span[0] <= each.start && each.end <= span[1]) wanted.delete(each.term);
    found = found.filter((each) => each.end <= span[0] || each.start >= span[1]);
    wanted = new Set([...wanted].filter((term) => found.some((each) => each.term === term)));
  }
  return spans;
}

function bestWindow(found, weights, wanted) {
  const inside = new Map([...wanted].map((term) => [term, 0]));
  const relevant = found.filter((each) => wanted.has(each.term));
  let weight = 0;
  let bestWeight = 0;
  let best = null;
  let first = 0;
  const gain = (term) => weights[term] * GAINS[Math.min(inside.get(term), 5)];
  for (const each of relevant) {
    weight += gain(each.term);
    inside.set(each.term, inside.get(each.term) + 1);
    while (relevant[first] !== each && each.end - relevant[first].start > LENGTH) {
      const left = relevant[first++].term;
      inside.set(left, inside.get(left) - 1);
      weight -= gain(left);
    }
    if (weight > bestWeight + 1e-9) [bestWeight, best] = [weight, [relevant[first].start, each.end]];
  }
  return best;
}

// A stretch extended to whole sentences, where they are short enough.
function extended(text, start, end) {
  const reach = Math.max(0, start - REACH);
  const ends = [...text.slice(reach, start).matchAll(regex(SENTENCE_END))];
  if (ends.length) start = reach + ends.at(-1).index + ends.at(-1)[0].length;
  else start = reach ? afterWord(text, Math.max(0, start - LEAD), start) : 0;
  const wanted = Math.max(end, start + LENGTH);
  const from = Math.max(end, wanted - REACH);
  const found = regex(SENTENCE_END, "u").exec(text.slice(from, wanted + REACH));
  if (found) return [start, from + found.index + found[0].length];
  return [start, afterWord(text, Math.min(wanted, text.length), Math.min(wanted + REACH, text.length))];
}

// The first offset that is inside no word of letters and digits, nor a grapheme.
function afterWord(text, offset, limit) {
  while (offset > 0 && offset < limit) {
    const isInside = /^[\p{L}\p{N}]{2}$/u.test(text.slice(offset - 1, offset + 1)) && text[offset] < "\u1100" && text[offset - 1] < "\u1100";
    if (!isInside && !/[\udc00-\udfff\u200d]/.test(text[offset]) && !/\p{M}/u.test(text[offset])) break;
    offset++;
  }
  return offset;
}

function uncut([start, end], found) {
  for (const each of found) if (each.start < end && end < each.end) end = each.end;
  for (const each of [...found].reverse()) if (each.start < start && start < each.end) start = each.start;
  return [start, end];
}

function passage(text, start, end, found) {
  while (start < end && /\s/.test(text[start])) start++;
  while (end > start && /\s/.test(text[end - 1])) end--;
  const inside = found.filter((each) => start <= each.start && each.end <= end);
  const endsAt = (at) => regex(SENTENCE_END, "u").test(text.slice(Math.max(0, at - 3), at + 1));
  return {
    text: text.slice(start, end),
    highlights: merged(inside).map(([from, to]) => [from - start, to - start]),
    before: start > 0 && !endsAt(start - 1),
    after: end < text.length && !endsAt(end),
  };
}

// Ranges [start, end), with those that overlap or touch as one.
function merged(found) {
  const ranges = [];
  for (const { start, end } of found) {
    const last = ranges.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
}
