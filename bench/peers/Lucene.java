import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.BreakIterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.cjk.CJKAnalyzer;
import org.apache.lucene.analysis.cn.smart.SmartChineseAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.facet.FacetResult;
import org.apache.lucene.facet.Facets;
import org.apache.lucene.facet.FacetsCollector;
import org.apache.lucene.facet.FacetsCollectorManager;
import org.apache.lucene.facet.FacetsConfig;
import org.apache.lucene.facet.LabelAndValue;
import org.apache.lucene.facet.sortedset.DefaultSortedSetDocValuesReaderState;
import org.apache.lucene.facet.sortedset.SortedSetDocValuesFacetCounts;
import org.apache.lucene.facet.sortedset.SortedSetDocValuesFacetField;
import org.apache.lucene.facet.sortedset.SortedSetDocValuesReaderState;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.queryparser.classic.MultiFieldQueryParser;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.search.uhighlight.LengthGoalBreakIterator;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;
import org.apache.lucene.search.uhighlight.WholeBreakIterator;
import org.apache.lucene.store.FSDirectory;

/**
 * Lucene as a peer: its own query parser, facets and highlighter, with offsets in the postings.
 *
 * <p>{@code Lucene index DIRECTORY cjk|smartcn} indexes the articles of standard input, {@code Lucene search
 * DIRECTORY cjk|smartcn matches|terms} answers the queries there, each with [CPU ns, CPU ns without
 * highlights, total, JSON]. Highlighted are whole matches, which is Lucene's default, or each term of them.
 * Articles are [id, title, text, facet, value, facet, value, …]. A record is the number of its strings, then
 * each as its length in bytes and its UTF-8; numbers are 32 bits, big-endian.
 */
public final class Lucene {
  private static final int HITS = 10;
  private static final int PASSAGES = 2;
  private static final int PASSAGE_LENGTH = 120;
  private static final int FACET_VALUES = 200;
  private static final String[] FIELDS = {"title", "text"};
  private static final Map<String, Float> WEIGHTS = Map.of("title", 2f, "text", 1f);
  private static final List<String> FACETS = List.of("author", "category", "tag", "month");

  private final DataInputStream input = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
  private final DataOutputStream output = new DataOutputStream(new BufferedOutputStream(System.out));
  private final FacetsConfig facetsConfig = new FacetsConfig();
  private final Path directory;
  private final Analyzer analyzer;

  private Lucene(Path directory, String analyzer) {
    this.directory = directory;
    // Stop words of English are searched for, as in the other engines; smartcn's are punctuation.
    this.analyzer =
        analyzer.equals("cjk") ? new CJKAnalyzer(CharArraySet.EMPTY_SET) : new SmartChineseAnalyzer();
    FACETS.forEach(name -> facetsConfig.setMultiValued(name, true));
  }

  public static void main(String[] arguments) throws Exception {
    Lucene peer = new Lucene(Path.of(arguments[1]), arguments[2]);
    if (arguments[0].equals("index")) {
      peer.index();
    } else {
      peer.search(arguments[3].equals("matches"));
    }
  }

  private void index() throws IOException {
    FieldType text = new FieldType(TextField.TYPE_STORED);
    text.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS_AND_OFFSETS);
    IndexWriterConfig config = new IndexWriterConfig(analyzer).setRAMBufferSizeMB(256);
    try (FSDirectory folder = FSDirectory.open(directory);
        IndexWriter writer = new IndexWriter(folder, config)) {
      for (String[] article = read(); article != null; article = read()) {
        Document document = new Document();
        document.add(new StoredField("id", article[0]));
        document.add(new Field("title", article[1], text));
        document.add(new Field("text", article[2], text));
        for (int at = 3; at < article.length; at += 2) {
          document.add(new SortedSetDocValuesFacetField(article[at], article[at + 1]));
        }
        writer.addDocument(facetsConfig.build(document));
      }
    }
  }

  private void search(boolean wholeMatches) throws Exception {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(directory))) {
      IndexSearcher searcher = new IndexSearcher(reader);
      searcher.setQueryCache(null); // each query comes twice, and is to be worked out twice
      SortedSetDocValuesReaderState facets = new DefaultSortedSetDocValuesReaderState(reader, facetsConfig);
      UnifiedHighlighter highlighter = highlighter(searcher, wholeMatches);
      for (String[] asked = read(); asked != null; asked = read()) {
        long start = threads.getCurrentThreadCpuTime();
        Query all = parse(asked[0], QueryParser.Operator.AND);
        TopDocs best = searcher.search(all, HITS);
        FacetsCollector matches = searcher.search(all, new FacetsCollectorManager());
        Facets counts = new SortedSetDocValuesFacetCounts(facets, matches);
        int total = matches.getMatchingDocs().stream().mapToInt(part -> part.totalHits()).sum();
        Query highlighted = all;
        if (total < HITS) { // partial matches follow; they are not counted
          highlighted = parse(asked[0], QueryParser.Operator.OR);
          best = joined(best, searcher.search(without(highlighted, all), HITS - total));
        }
        List<FacetResult> values = counts.getAllDims(FACET_VALUES);
        long found = threads.getCurrentThreadCpuTime();
        Map<String, String[]> passages =
            highlighter.highlightFields(FIELDS, highlighted, documents(best), new int[] {1, PASSAGES});
        String answer = json(searcher, best, total, passages, values);
        long end = threads.getCurrentThreadCpuTime();
        write(Long.toString(end - start), Long.toString(found - start), Integer.toString(total), answer);
      }
    }
  }

  private Query parse(String query, QueryParser.Operator operator) throws ParseException {
    MultiFieldQueryParser parser = new MultiFieldQueryParser(FIELDS, analyzer, WEIGHTS);
    parser.setDefaultOperator(operator);
    return parser.parse(query);
  }

  private static Query without(Query query, Query excluded) {
    return new BooleanQuery.Builder()
        .add(query, BooleanClause.Occur.MUST)
        .add(excluded, BooleanClause.Occur.MUST_NOT)
        .build();
  }

  private static TopDocs joined(TopDocs first, TopDocs then) {
    ScoreDoc[] all = new ScoreDoc[first.scoreDocs.length + then.scoreDocs.length];
    System.arraycopy(first.scoreDocs, 0, all, 0, first.scoreDocs.length);
    System.arraycopy(then.scoreDocs, 0, all, first.scoreDocs.length, then.scoreDocs.length);
    return new TopDocs(new TotalHits(all.length, TotalHits.Relation.EQUAL_TO), all);
  }

  private static int[] documents(TopDocs hits) {
    int[] documents = new int[hits.scoreDocs.length];
    for (int at = 0; at < documents.length; at++) {
      documents[at] = hits.scoreDocs[at].doc;
    }
    return documents;
  }

  /** Whole titles, and the best passages of texts, wherever in a text they are. */
  private UnifiedHighlighter highlighter(IndexSearcher searcher, boolean wholeMatches) {
    UnifiedHighlighter.Builder builder = UnifiedHighlighter.builder(searcher, analyzer);
    return new UnifiedHighlighter(
        builder.withMaxLength(Integer.MAX_VALUE - 1).withWeightMatches(wholeMatches)) {
      @Override
      protected BreakIterator getBreakIterator(String field) {
        return field.equals("title")
            ? new WholeBreakIterator()
            : LengthGoalBreakIterator.createClosestToLength(
                BreakIterator.getSentenceInstance(Locale.CHINESE), PASSAGE_LENGTH, 0.5f);
      }
    };
  }

  private static String json(
      IndexSearcher searcher,
      TopDocs hits,
      int total,
      Map<String, String[]> passages,
      List<FacetResult> facets)
      throws IOException {
    StringBuilder json = new StringBuilder(1 << 14).append("{\"total\":").append(total).append(",\"hits\":[");
    for (int at = 0; at < hits.scoreDocs.length; at++) {
      String id = searcher.storedFields().document(hits.scoreDocs[at].doc, Set.of("id")).get("id");
      json.append(at == 0 ? "{\"id\":" : ",{\"id\":");
      quote(json, id);
      json.append(",\"title\":");
      quote(json, passages.get("title")[at]);
      json.append(",\"text\":");
      quote(json, passages.get("text")[at]);
      json.append(",\"score\":").append(hits.scoreDocs[at].score).append('}');
    }
    json.append("],\"facets\":{");
    for (int at = 0; at < facets.size(); at++) {
      quote(json.append(at == 0 ? "" : ","), facets.get(at).dim);
      json.append(":{");
      for (int value = 0; value < facets.get(at).labelValues.length; value++) {
        LabelAndValue counted = facets.get(at).labelValues[value];
        quote(json.append(value == 0 ? "" : ","), counted.label);
        json.append(':').append(counted.value.intValue());
      }
      json.append('}');
    }
    return json.append("}}").toString();
  }

  private static void quote(StringBuilder json, String text) {
    json.append('"');
    for (int at = 0; text != null && at < text.length(); at++) {
      char character = text.charAt(at);
      if (character < ' ') {
        json.append(String.format("\\u%04x", (int) character));
      } else if (character == '"' || character == '\\') {
        json.append('\\').append(character);
      } else {
        json.append(character);
      }
    }
    json.append('"');
  }

  /** The next record, or null at the end. */
  private String[] read() throws IOException {
    int count;
    try {
      count = input.readInt();
    } catch (EOFException end) {
      return null;
    }
    String[] record = new String[count];
    for (int at = 0; at < count; at++) {
      byte[] bytes = new byte[input.readInt()];
      input.readFully(bytes);
      record[at] = new String(bytes, StandardCharsets.UTF_8);
    }
    return record;
  }

  private void write(String... record) throws IOException {
    output.writeInt(record.length);
    for (String text : record) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      output.writeInt(bytes.length);
      output.write(bytes);
    }
    output.flush();
  }
}
