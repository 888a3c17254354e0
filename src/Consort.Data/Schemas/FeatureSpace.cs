namespace Consort.Data.Schemas;

/// <summary>
/// A column of ids after encoding, which lie in [Offset, Offset + Size): Offset + 0 is missing (padding), Offset + 1 is out-of-vocabulary,
/// Offset + 2.. are its tokens.
/// </summary>
/// <param name="Name">The column's name.</param>
/// <param name="Offset">The first global id; columns that share a vocabulary have the same.</param>
/// <param name="Size">The number of ids, at least 2.</param>
/// <param name="List">What a row has of it where it is a list or a sequence; null of a token.</param>
public sealed record Column(string Name, int Offset, int Size, ListShape? List = null)
{
    /// <summary>The most ids that a row has of it: 1 of a token.</summary>
    public int Length => List?.MaxLength ?? 1;
}

/// <summary>What a model needs to know of encoded data: the columns of ids and the numeric columns.</summary>
public sealed record FeatureSpace
{
    /// <summary>Creates the space.</summary>
    /// <param name="categorical">The columns of ids, whose ranges follow one another without gaps; a column that shares a vocabulary has
    /// the ids of one before it.</param>
    /// <param name="numeric">The names of the numeric columns.</param>
    public FeatureSpace(IReadOnlyList<Column> categorical, IReadOnlyList<string> numeric)
    {
        var (next, known) = (0L, new HashSet<(int, int)>());
        foreach (var column in categorical)
        {
            if (column.Length < 1)
                throw new ArgumentException($"column {column.Name} has length {column.Length}, expected at least 1", nameof(categorical));
            if (!known.Add((column.Offset, column.Size))) continue;
            if (column.Offset != next || column.Size < 2)
                throw new ArgumentException($"column {column.Name} has ids [{column.Offset}, +{column.Size}), expected to start at {next}",
                    nameof(categorical));
            next += column.Size;
        }
        if (next > int.MaxValue) throw new ArgumentException($"{next} ids, expected at most {int.MaxValue}", nameof(categorical));
        (Categorical, Numeric) = (categorical, numeric);
        Features = (int)next;
        ListRoom = categorical.Sum(c => c.List?.Room ?? 0);
    }

    /// <summary>The columns of ids, F of them.</summary>
    public IReadOnlyList<Column> Categorical { get; }

    /// <summary>The numeric columns, N of them.</summary>
    public IReadOnlyList<string> Numeric { get; }

    /// <summary>The sum of the columns' sizes, each shared vocabulary once: the rows of an embedding table.</summary>
    public int Features { get; }

    /// <summary>Whole numbers that the lists of one row take at the most; 0 where no column is a list.</summary>
    public int ListRoom { get; }

    /// <summary>Whether rows have weights, which no model sees.</summary>
    public bool HasWeights { get; init; }

    /// <summary>Whether rows have groups, which no model sees.</summary>
    public bool HasGroups { get; init; }

    /// <summary>A space with columns named C1.. and I1.., for tests and benchmarks.</summary>
    /// <param name="sizes">The size of each categorical column, at least 2.</param>
    /// <param name="numerics">The number of numeric columns.</param>
    public static FeatureSpace Of(IReadOnlyList<int> sizes, int numerics = 0)
    {
        var columns = new Column[sizes.Count];
        var offset = 0;
        for (var f = 0; f < columns.Length; f++)
        {
            columns[f] = new Column($"C{f + 1}", offset, sizes[f]);
            offset = checked(offset + sizes[f]);
        }
        return new FeatureSpace(columns, Enumerable.Range(1, numerics).Select(i => $"I{i}").ToArray());
    }
}
