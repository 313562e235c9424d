globalThis.souwenSite = { Store, Searcher, open: async (base) => new Searcher(await new Store(base).open()) };
