namespace Consort.Data.Schemas;

/// <summary>
/// A categorical column after encoding. Its global ids lie in [Offset, Offset + Size):
/// Offset + 0 is missing (padding), Offset + 1 is out-of-vocabulary, Offset + 2.. are its tokens.
/// </summary>
/// <param name="Name">The column's name.</param>
/// <param name="Offset">The first global id; columns that share a vocabulary have the same.</param>
/// <param name="Size">The number of ids, at least 2.</param>
public sealed record CategoricalColumn(string Name, int Offset, int Size);

/// <summary>What a model needs to know of encoded data: the categorical columns with their ids and the numeric columns.</summary>
public sealed record FeatureSpace
{
    /// <summary>Creates the space.</summary>
    /// <param name="categorical">
    /// The categorical columns, whose ids follow one another without gaps; a column that shares a vocabulary has the ids of one before it.
    /// </param>
    /// <param name="numeric">The names of the numeric columns.</param>
    public FeatureSpace(IReadOnlyList<CategoricalColumn> categorical, IReadOnlyList<string> numeric)
    {
        long next = 0;
        var known = new HashSet<(int, int)>();
        foreach (CategoricalColumn column in categorical)
        {
            if (known.Contains((column.Offset, column.Size))) continue;
            known.Add((column.Offset, column.Size));
            if (column.Offset != next || column.Size < 2)
                throw new ArgumentException($"column {column.Name} has ids [{column.Offset}, +{column.Size}), expected to start at {next}", nameof(categorical));
            next += column.Size;
        }
        if (next > int.MaxValue) throw new ArgumentException($"{next} ids, expected at most {int.MaxValue}", nameof(categorical));
        Categorical = categorical;
        Numeric = numeric;
        Features = (int)next;
    }

    /// <summary>The categorical columns, F of them.</summary>
    public IReadOnlyList<CategoricalColumn> Categorical { get; }

    /// <summary>The numeric columns, N of them.</summary>
    public IReadOnlyList<string> Numeric { get; }

    /// <summary>The sum of the columns' sizes, each shared vocabulary once: the rows of an embedding table.</summary>
    public int Features { get; }

    /// <summary>A space with columns named C1.. and I1.., for tests and benchmarks.</summary>
    /// <param name="sizes">The size of each categorical column, at least 2.</param>
    /// <param name="numerics">The number of numeric columns.</param>
    public static FeatureSpace Of(IReadOnlyList<int> sizes, int numerics = 0)
    {
        var columns = new CategoricalColumn[sizes.Count];
        int offset = 0;
        for (int f = 0; f < columns.Length; f++)
        {
            columns[f] = new CategoricalColumn($"C{f + 1}", offset, sizes[f]);
            offset = checked(offset + sizes[f]);
        }
        return new FeatureSpace(columns, Enumerable.Range(1, numerics).Select(i => $"I{i}").ToArray());
    }
}
