using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Growth;

/// <summary>
/// Lets an encoder follow new rows: tokens that it knows keep their places in their columns, tokens that come often enough stand behind
/// them, and those that are too old or too rare may go. Hashes, buckets, knots and texts of yes and no stay as they are.
/// </summary>
public static class EncoderGrowth
{
    /// <summary>Reads the new rows, twice where columns are made of columns, and grows.</summary>
    /// <param name="encoder">What there is.</param>
    /// <param name="ages">Of each of its ids how many updates in a row have not seen it; empty for none.</param>
    /// <param name="split">The new rows; those for training are counted.</param>
    /// <param name="options">Who gets an id and who loses it.</param>
    /// <param name="threads">At least 1; the result does not depend on it.</param>
    /// <param name="sources">The kinds of sources that are read.</param>
    /// <param name="waiting">Tokens that earlier updates have let wait; null or another size than asked for begins anew.</param>
    /// <param name="progress">Told the bytes read, or null.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ConsortException">A mistake in the rows.</exception>
    public static GrownEncoder Of(Encoder encoder, IReadOnlyList<ushort> ages, SplitPlan split, GrowthOptions options, int threads,
        SourceCatalogue sources, WaitingTokens? waiting = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        if (ages.Count > 0 && ages.Count != encoder.Space.Features)
            throw new ArgumentException($"found ages of {ages.Count} ids, expected {encoder.Space.Features}", nameof(ages));
        var schema = encoder.Schema;
        var all = Counted(schema); // every token of the new rows gets a place, whoever is admitted later
        RowPass Pass() => new(split.Files, schema, RowRules.Fitted(labelRequired: true, passesOver: true), catalogue: sources,
            cancellation: cancellation);
        var assigner = new SplitAssigner(split, 0, schema);
        var seen = Count(all, assigner, threads, Pass, progress);
        if (options.WaitingMegabytes == 0) waiting = null;
        else if (waiting?.Megabytes != options.WaitingMegabytes) waiting = new WaitingTokens(options.WaitingMegabytes);
        var growth = new Growth(encoder, ages, schema, options, waiting?.Decayed(options.CountDecay));
        growth.Add(encoder.Columns.Where(c => c is not IGeneratedColumn), seen, rename: null, options.MaxFeatures);
        if (schema.Generated.Count > 0)
        {
            // Pairs are made of the new ids, and so are those that are known.
            var tokens = growth.Build(schema with { Generated = [] });
            var pairs = GeneratedFit.Add(tokens, all with { Generated = [.. all.Generated] }, assigner, drafts: null, threads, counts =>
            {
                using var again = Pass();
                again.Run(counts, progress);
            });
            growth.Add(encoder.Columns.Where(c => c is IGeneratedColumn), pairs, growth.Rename, options.MaxFeatures - growth.Tokens);
        }
        return growth.Result();
    }

    private static Schema Counted(Schema schema) => schema with
    {
        MinCount = 1,
        Fields = [.. schema.Fields.Select(f => f with { MinCount = null })],
        Generated = [.. schema.Generated.Select(f => f with { MinCount = null })],
    };

    private static Encoder Count(Schema schema, SplitAssigner splits, int threads, Func<RowPass> pass, Action<long>? progress)
    {
        CountRows[] counts = [.. Enumerable.Range(0, threads).Select(_ => new CountRows(schema, splits))];
        try
        {
            using var rows = pass();
            rows.Run(counts, progress);
            return EncoderFit.Of(schema, counts);
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }
    }

    /// <summary>What has become of the columns so far.</summary>
    private sealed class Growth(
        Encoder old, IReadOnlyList<ushort> ages, Schema schema, GrowthOptions options, WaitingTokens? waiting)
    {
        private readonly Dictionary<ColumnEncoder, VocabularyGrowth> _grown = [];
        private readonly Dictionary<ColumnEncoder, int[]> _places = [];
        private readonly Dictionary<ColumnEncoder, NumberFacts> _facts = [];

        /// <summary>How many tokens there are.</summary>
        public long Tokens => _grown.Values.Sum(g => (long)g.Count);

        /// <summary>Grows columns by what the new rows have of them; those of a vocabulary share what room there is.</summary>
        public void Add(IEnumerable<ColumnEncoder> columns, Encoder seen, Func<CrossColumn, TokenOf>? rename, long room)
        {
            var found = seen.Columns.ToDictionary(c => c.Name);
            var added = new List<ColumnEncoder>();
            foreach (var column in columns.Where(c => c.Leader is null))
            {
                if (column is NumberColumn { Facts: var before } && options.Numbers == NumberGrowth.Follow)
                    _facts[column] = before.Follow(((NumberColumn)found[column.Name]).Facts, options.CountDecay);
                if (VocabularyOf(column) is not { } known) continue;
                var field = schema.FieldAt(column.Field);
                var minCount = options.MinCount > 0 ? options.MinCount : field.MinCount ?? schema.MinCount;
                _grown[column] = new VocabularyGrowth(known, i => AgeOf(column, i), VocabularyOf(found[column.Name])!, minCount, options,
                    // Pairs are made of ids, which may be another token's tomorrow: none of them waits.
                    column is CrossColumn ? null : waiting, column.Name, column is CrossColumn cross ? rename!(cross) : null);
                added.Add(column);
            }
            if (options.MaxFeatures > 0) VocabularyGrowth.Limit([.. added.Select(c => _grown[c])], Math.Max(0, room));
            foreach (var column in added) _places[column] = _grown[column].Places();
        }

        /// <summary>The bytes of pairs by the new ids of their tokens; a pair whose token is gone is gone.</summary>
        public TokenOf Rename(CrossColumn cross)
        {
            var bytes = new byte[cross.Key.Bytes];
            return Renamed;

            ReadOnlySpan<byte> Renamed(int place, out bool isGone)
            {
                cross.Vocabulary.Token(place).CopyTo(bytes);
                var ids = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(bytes.AsSpan());
                isGone = false;
                for (var i = 0; i < ids.Length; i++)
                {
                    var part = cross.Key.Parts[i].Column;
                    if (_places.GetValueOrDefault(part.Leader ?? part) is not { } places || ids[i] < 2) continue;
                    ids[i] = places[ids[i] - 2] + 2;
                    isGone |= ids[i] < 2;
                }
                return bytes;
            }
        }

        /// <summary>The encoder of what has grown so far.</summary>
        public Encoder Build(Schema of)
        {
            using var content = new MemoryStream();
            using var writer = new BinaryWriter(content);
            foreach (var column in old.Columns.Where(c => c.Leader is null && (of.Generated.Count > 0 || c is not IGeneratedColumn)))
            {
                if (_facts.TryGetValue(column, out var facts)) NumberColumn.Write(writer, facts);
                else column.Write(writer, (w, vocabulary) => (_grown.TryGetValue(column, out var g) ? g.Grown() : vocabulary).Write(w));
            }
            writer.Flush();
            content.Position = 0;
            using var reader = new BinaryReader(content);
            return new Encoder(of, ColumnCatalogue.Read(of, reader, () => Vocabulary.Read(reader)));
        }

        public GrownEncoder Result()
        {
            var grown = Build(schema);
            var ids = new int[old.Space.Features];
            var since = new ushort[grown.Space.Features];
            var next = grown.Columns.ToDictionary(c => c.Name);
            foreach (var column in old.Columns.Where(c => c.Leader is null && c.Size > 0))
            {
                var places = _places.GetValueOrDefault(column);
                var offset = next[column.Name].Offset;
                for (var i = 0; i < column.Size; i++)
                {
                    var place = places is null || i < 2 ? i : places[i - 2] + 2;
                    ids[column.Offset + i] = place < 2 && i >= 2 ? -1 : offset + place;
                }
                if (places is null) continue;
                var id = offset + 2;
                foreach (var age in _grown[column].Ages) since[id++] = age;
            }
            if (waiting is not null)
                foreach (var vocabulary in _grown.Values) vocabulary.Wait(waiting);
            return new GrownEncoder(grown, ids, since, _grown.Values.Sum(g => g.Admitted), _grown.Values.Sum(g => g.Evicted))
            {
                Waiting = waiting,
            };
        }

        private int AgeOf(ColumnEncoder column, int token) => ages.Count == 0 ? 0 : ages[column.Offset + 2 + token];

        private static Vocabulary? VocabularyOf(ColumnEncoder column) => column switch
        {
            ListColumn list => VocabularyOf(list.Tokens),
            TokenColumn tokens => tokens.Vocabulary,
            _ => null,
        };
    }
}
