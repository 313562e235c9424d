// The files of a search: the manifest, the core, and pieces, of which the ranges that a query needs are fetched.

// A file that is not there, or not as the manifest says: the search was replaced, or is not whole.
class MissingPiece extends Error {}

// Bytes between two ranges of a file, up to which they are fetched as one.
const NEAR = 1500;

class Store {
  constructor(base) {
    this.base = base;
    this.whole = new Map();
    this.blocks = new Map();
    this.terms = new Map();
    this.records = new Map();
    this.hasRanges = null;
  }

  async open() {
    const manifest = await (await this.answer("souwen.json", { cache: "no-cache" })).json();
    if (manifest.souwen !== 1) throw new MissingPiece(`format ${manifest.souwen}`);
    this.zone = manifest.zone;
    const bytes = await inflated(await this.file(manifest.core));
    const length = new DataView(bytes.buffer).getUint32(0);
    const core = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    this.primer = bytes.slice(4 + length);
    this.core = core;
    this.count = core.articles;
    const [pairs, others] = core.folds;
    folds.clear();
    separatedForms.clear();
    for (let at = 0; at < pairs.length; at += 2) folds.set(pairs[at], pairs[at + 1]);
    for (const [character, form] of Object.entries(others)) folds.set(character, form);
    const [characters, frequencies] = core.characters;
    this.characters = new Map([...characters].map((character, at) => [character, frequencies[at]]));
    let day = 0;
    this.days = core.days.map((gap) => (gap === null ? null : (day += gap)));
    this.starts = sums(core.records.sizes);
    for (const segment of core.segments) {
      segment.starts = sums(segment.sizes);
      segment.firstOf = sums(segment.files.map(([, blocks]) => blocks));
    }
    return this;
  }

  async answer(path, options) {
    let answer;
    try {
      answer = await fetch(new URL(path, this.base), options);
    } catch (error) {
      throw new MissingPiece(`${path}: ${error.message}`);
    }
    if (!answer.ok) throw new MissingPiece(`${path}: ${answer.status}`);
    return answer;
  }

  file(name) {
    if (!this.whole.has(name)) {
      const bytes = this.answer(`pieces/${name}`).then((answer) => answer.arrayBuffer());
      this.whole.set(name, bytes.then((buffer) => new Uint8Array(buffer)));
      bytes.catch(() => this.whole.delete(name));
    }
    return this.whole.get(name);
  }

  // The bytes of a file from `start` to `end`. A host that knows no ranges sends all of it.
  async range(name, start, end) {
    if (!this.whole.has(name) && this.hasRanges !== false) {
      const asked = this.answer(`pieces/${name}`, { headers: { Range: `bytes=${start}-${end - 1}` } });
      const answer = await asked;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      this.hasRanges = answer.status === 206;
      if (this.hasRanges) return checked(bytes, end - start, name);
      this.whole.set(name, Promise.resolve(bytes));
    }
    return checked((await this.file(name)).subarray(start, end), end - start, name);
  }

  // Fetches ranges { name, start, end, use }, those that are near one another together; the first alone, until
  // it is known whether the host has ranges.
  async fetchAll(ranges) {
    const sorted = [...ranges].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.start - b.start));
    const joint = [];
    for (const range of sorted) {
      const last = joint.at(-1);
      if (last && last.name === range.name && range.start - last.end <= NEAR) {
        last.end = Math.max(last.end, range.end);
        last.parts.push(range);
      } else joint.push({ name: range.name, start: range.start, end: range.end, parts: [range] });
    }
    const get = async ({ name, start, end, parts }) => {
      const bytes = await this.range(name, start, end);
      await Promise.all(parts.map((part) => part.use(bytes.subarray(part.start - start, part.end - start))));
    };
    if (this.hasRanges === null && joint.length) await get(joint.shift());
    await Promise.all(joint.map(get));
  }

  // Reads the blocks with keys in one of the ranges [from, to].
  async load(ranges) {
    const wanted = new Map();
    for (const segment of this.core.segments) {
      for (const [from, to] of ranges) {
        for (let number = blockOf(segment.keys, from); number < segment.keys.length; number++) {
          if (segment.keys[number] > to) break;
          const id = `${segment.start}/${number}`;
          if (this.blocks.has(id) || wanted.has(id)) continue;
          wanted.set(id, this.placeOf(segment, number, id));
        }
      }
    }
    await this.fetchAll(wanted.values());
  }

  placeOf(segment, number, id) {
    let file = segment.files.length - 1;
    while (segment.firstOf[file] > number) file--;
    const start = segment.starts[number] - segment.starts[segment.firstOf[file]];
    const use = (bytes) => {
      try {
        this.blocks.set(id, readBlock(bytes, segment.articles));
      } catch (error) {
        throw new MissingPiece(error.message);
      }
    };
    return { name: segment.files[file][0], start, end: start + segment.sizes[number], use };
  }

  // The term of a key in all segments; its block must be loaded.
  term(key) {
    if (!this.terms.has(key)) this.terms.set(key, this.merged(key));
    return this.terms.get(key);
  }

  merged(key) {
    const found = this.core.segments.map((segment) => {
      const block = this.blocks.get(`${segment.start}/${blockOf(segment.keys, key)}`);
      if (!block) throw new Error(`${key} was not loaded`);
      return [segment.start, block.get(key)];
    });
    const whole = { frequency: 0, docs: [], body: [], title: [], words: [], units: [], df: { body: 0, title: 0, words: 0 } };
    for (const [start, term] of found) {
      if (!term) continue;
      whole.frequency = Math.max(whole.frequency, term.frequency);
      term.docs.forEach((number, at) => {
        whole.docs.push(start + number);
        for (const field of ["body", "title", "words", "units"]) {
          const count = term[field]?.[at] ?? 0;
          whole[field].push(count);
          if (count && field !== "units") whole.df[field]++;
        }
      });
      whole.isUnit ||= Boolean(term.units);
    }
    return whole;
  }

  // The keys that start so; their blocks must be loaded.
  keysFrom(prefix) {
    const found = new Set();
    for (const segment of this.core.segments) {
      for (let number = blockOf(segment.keys, prefix); number < segment.keys.length; number++) {
        if (segment.keys[number] > prefix && !segment.keys[number].startsWith(prefix)) break;
        for (const key of this.blocks.get(`${segment.start}/${number}`).keys()) if (key.startsWith(prefix)) found.add(key);
      }
    }
    return [...found];
  }

  // Reads the records of articles.
  async read(numbers) {
    const { files, sizes, together } = this.core.records;
    const missing = [...new Set(numbers)].filter((number) => !this.records.has(number));
    await this.fetchAll(
      missing.map((number) => {
        const file = Math.floor(number / together);
        const start = this.starts[number] - this.starts[file * together];
        const use = async (bytes) => this.records.set(number, recordOf(await this.text(bytes)));
        return { name: files[file], start, end: start + sizes[number], use };
      }),
    );
    return numbers.map((number) => this.records.get(number));
  }

  // The whole text of an article, of a long one, too.
  async wholeText(number) {
    const [record] = await this.read([number]);
    const rest = this.core.records.rests[number];
    if (rest && record.whole === undefined) record.whole = record.text + (await this.text(await this.file(rest)));
    return record.whole ?? record.text;
  }

  // Inflates a record behind the primer, which is a stored block (RFC 1951, 3.2.4).
  async text(bytes) {
    const length = this.primer.length;
    const header = length ? [0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255] : [];
    const all = await inflated(new Blob([new Uint8Array(header), this.primer, bytes]));
    return new TextDecoder(all[length] === 103 ? "gb18030" : "utf-8").decode(all.subarray(length + 1));
  }

  async values() {
    const bytes = await inflated(await this.file(this.core.values));
    return JSON.parse(new TextDecoder().decode(bytes));
  }
}

function recordOf(text) {
  const end = text.indexOf("\n");
  const [title, url, author, date, categories, tags] = JSON.parse(text.slice(0, end));
  return { title, url, author, date, categories, tags, text: text.slice(end + 1) };
}

async function inflated(data) {
  try {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new MissingPiece(error.message);
  }
}

function checked(bytes, length, name) {
  if (bytes.length !== length) throw new MissingPiece(`${name}: ${bytes.length} bytes instead of ${length}`);
  return bytes;
}

function sums(numbers) {
  let sum = 0;
  return [0, ...numbers.map((each) => (sum += each))];
}

// The last of ascending keys that is not behind `key`; 0 if all are.
function blockOf(keys, key) {
  let low = 0;
  let high = keys.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (keys[middle] <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}
