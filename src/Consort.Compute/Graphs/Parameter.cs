
namespace Consort.Compute.Graphs;

/// <summary>A dense parameter of a graph: a weight matrix, a bias, the running mean of a batch norm.</summary>
/// <param name="Name">Unique in the graph; its path in checkpoints and packages.</param>
/// <param name="Shape">All its dimensions; parameters have no batch dimension.</param>
/// <param name="Initializer">How it starts.</param>
/// <param name="Member">The member it belongs to, or −1 where members share it.</param>
/// <param name="IsTrained">False for state that the optimizer leaves alone, such as running statistics.</param>
public sealed record Parameter(string Name, Shape Shape, Initializer Initializer, int Member = -1, bool IsTrained = true)
{
    /// <inheritdoc/>
    public bool Equals(Parameter? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>
/// An embedding table, [rows, dimension], read by global ids: the columns of a batch own ranges of rows, disjoint ones or, where they share
/// a vocabulary, the same.
/// </summary>
/// <param name="Name">Unique in the graph; its path in checkpoints and packages.</param>
/// <param name="Rows">The number of features over its columns.</param>
/// <param name="Dimension">D; 1 for first-order weights.</param>
/// <param name="Initializer">How its rows start; the row of each column's missing value starts at zero.</param>
/// <param name="Member">The member it belongs to, or −1 where members share it.</param>
public sealed record Table(string Name, int Rows, int Dimension, Initializer Initializer, int Member = -1)
{
    /// <summary>
    /// The categorical columns that have rows, in the order in which look-ups give them; null for all columns, where a row's number is the
    /// id.
    /// </summary>
    public IReadOnlyList<int>? Columns { get; init; }

    /// <summary>False for rows that stay as they start: no gradient, no optimizer state, no regulariser.</summary>
    public bool IsTrained { get; init; } = true;

    /// <summary>Columns some of whose rows start with numbers known beforehand.</summary>
    public IReadOnlyList<KnownRows> Known { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(Table? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>Told the numbers that a row starts with; they are valid during the call.</summary>
/// <param name="id">The global id.</param>
/// <param name="numbers">[D].</param>
public delegate void RowWriter(int id, ReadOnlySpan<float> numbers);

/// <summary>Rows of a column that start with numbers known beforehand; the others are drawn.</summary>
/// <param name="Column">The categorical column.</param>
/// <param name="Read">Gives the numbers, when the table is initialized.</param>
public sealed record KnownRows(int Column, Action<RowWriter> Read);

/// <summary>The range of global ids that one categorical column of a batch draws from; the first id means "missing".</summary>
/// <param name="Offset">The first id.</param>
/// <param name="Size">How many ids there are.</param>
public readonly record struct IdRange(int Offset, int Size)
{
    /// <summary>What a row has of the column where it is a list; null of a token.</summary>
    public IdList? List { get; init; }

    /// <summary>The most ids that a row has of it: 1 of a token.</summary>
    public int Length => List?.MaxLength ?? 1;
}
