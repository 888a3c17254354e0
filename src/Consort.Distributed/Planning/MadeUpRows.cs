using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Numbers;

namespace Consort.Distributed.Planning;

/// <summary>Rows that nobody has: columns of few tokens, whose lists and histories have a mean length.</summary>
internal sealed class MadeUpRows
{
    private const int Tokens = 1000; // of a vocabulary, few enough for the caches

    private MadeUpRows(IEnumerable<MadeUpColumn> columns, IReadOnlyList<string> numbers)
    {
        var (known, made, lengths, next) = (new Dictionary<string, Column>(), new List<Column>(), new List<double>(), 0);
        foreach (var column in columns)
        {
            if (!known.TryGetValue(column.Vocabulary, out var first))
            {
                known[column.Vocabulary] = first = new Column(column.Name, next, column.Size);
                next += column.Size;
            }

            made.Add(first with { Name = column.Name, List = column.List });
            lengths.Add(column.List is { } list ? Math.Min(column.Length, list.MaxLength) : 1);
        }

        (Space, Lengths) = (new FeatureSpace(made, numbers), lengths);
    }

    /// <summary>The columns.</summary>
    public FeatureSpace Space { get; }

    /// <summary>The ids that a row has of each column in the mean.</summary>
    public IReadOnlyList<double> Lengths { get; }

    /// <summary>
    /// The ids that a row has of each vocabulary in the mean. Ages of steps are no vocabulary: their buckets are few, whatever the rows.
    /// </summary>
    public IReadOnlyList<double> IdsOfVocabularies => [.. Space.Categorical.Index().Where(c => c.Item.List?.AgesOf is null)
        .GroupBy(c => c.Item.Offset, c => Lengths[c.Index]).Select(g => g.Sum())];

    /// <summary>Fields that are all alike.</summary>
    public static MadeUpRows Alike(int fields, int numbers)
    {
        var space = FeatureSpace.Of([.. Enumerable.Repeat(Tokens, fields)], numbers);
        return Like(space, [.. space.Categorical.Select(_ => 1.0)]);
    }

    /// <summary>The columns of rows that were counted.</summary>
    /// <param name="space">Their columns.</param>
    /// <param name="lengths">The ids that a row has of each in the mean.</param>
    public static MadeUpRows Like(FeatureSpace space, IReadOnlyList<double> lengths) => new(
        space.Categorical.Zip(lengths, (c, length) => new MadeUpColumn(
            c.Name, c.Offset.ToString(CultureInfo.InvariantCulture), Math.Min(Tokens, c.Size), c.List, length)), space.Numeric);

    /// <summary>The columns that a schema gives.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="length">Of its lists and histories in the mean, as far as each may be so long.</param>
    public static MadeUpRows Of(Schema schema, double length) => new(
        schema.AllFields.SelectMany(f => f.TokenColumns.Select(name => new MadeUpColumn(
            name, f.Derive.Count > 0 ? name : f.Share ?? f.Name, f.Ages is { } ages ? ages.Buckets + 2 : Tokens, ShapeOf(f), length))),
        [.. schema.AllFields.SelectMany(f => f.Columns.Except(f.TokenColumns))]);

    /// <summary>Fills a batch with as many rows as it can hold.</summary>
    public void Fill(Batch batch)
    {
        var (random, draw) = (new CounterRandom(1, "rows"), 0UL);
        var room = new int[Space.Categorical.Max(c => (int?)c.List?.Room) ?? 0];
        batch.Begin(batch.Capacity);
        for (var row = 0; row < batch.Rows; row++)
        {
            var reached = random.Uniform(draw++); // by all histories of the row, which stand side by side
            for (var column = 0; column < Space.Categorical.Count; column++)
            {
                var known = Space.Categorical[column];
                if (known.List is not { } list)
                {
                    batch.IdsOf(row)[column] = Draw(known);
                    continue;
                }

                var n = Length(Lengths[column], list.MaxLength, list.IsOrdered ? reached : random.Uniform(draw++));
                for (var i = 0; i < n; i++)
                    room[i] = Draw(known);
                if (list.IsWeighted)
                    room.AsSpan(n, n).Fill(BitConverter.SingleToInt32Bits(1));
                batch.PutList(row, column, n, room.AsSpan(0, list.RoomOf(n) - 1));
            }

            foreach (ref var number in batch.NumericOf(row))
                number = (float)random.Uniform(draw++);
            batch.Labels[row] = random.Uniform(draw++) < 0.25 ? 1 : 0;
        }

        int Draw(Column column) => column.Offset + 1 + (int)(random.Uniform(draw++) * (column.Size - 1));

        // Even around the mean as far as 0 and the longest allow.
        static int Length(double mean, int longest, double reached)
        {
            var reach = Math.Min(mean, longest - mean);
            return (int)Math.Round(mean - reach + (2 * reach * reached));
        }
    }

    // A number along straight lines between knots is two tokens with weights.
    private static ListShape? ShapeOf(Field field) =>
        field.Transform.Kind == TransformKind.Piecewise ? new ListShape(2, ListPooling.Sum, IsWeighted: true)
        : field.List is not { } list ? null
        : new ListShape(list.MaxLength, list.Pooling, field.Kind == FieldKind.Sequence, list.WeightSplitter is not null)
        { AgesOf = field.Ages?.Of };

    /// <param name="Name">Its name.</param>
    /// <param name="Vocabulary">What columns of one vocabulary have in common.</param>
    /// <param name="Size">Its ids.</param>
    /// <param name="List">As a column has it.</param>
    /// <param name="Length">The ids that a row has of a list in the mean.</param>
    private sealed record MadeUpColumn(string Name, string Vocabulary, int Size, ListShape? List, double Length);
}
