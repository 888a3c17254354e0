using System.Globalization;

namespace Consort.Compute.Graphs;

/// <summary>
/// The dimensions of one row of a value, or of a whole parameter. The batch dimension B of a value is implied: a value of shape [F, D]
/// holds B × F × D numbers, row after row; a value of shape [] holds one number a row.
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _dimensions;

    /// <summary>Creates a shape.</summary>
    /// <param name="dimensions">Each at least 1; none for a scalar.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    public Shape(params ReadOnlySpan<int> dimensions)
    {
        foreach (var dimension in dimensions)
            ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1, nameof(dimensions));
        _dimensions = dimensions.ToArray();
    }

    /// <summary>The dimensions, outermost first.</summary>
    public ReadOnlySpan<int> Dimensions => _dimensions;

    /// <summary>How many dimensions there are.</summary>
    public int Rank => Dimensions.Length;

    /// <summary>How many numbers there are: the product of the dimensions, 1 for a scalar.</summary>
    public int Size
    {
        get
        {
            var size = 1;
            foreach (var dimension in Dimensions)
                size = checked(size * dimension);
            return size;
        }
    }

    /// <summary>The dimension at <paramref name="axis"/>.</summary>
    public int this[int axis] => Dimensions[axis];

    /// <inheritdoc/>
    public bool Equals(Shape other) => Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var dimension in Dimensions)
            hash.Add(dimension);
        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same dimensions.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The shape as text, for example <c>[39, 16]</c>.</summary>
    public override string ToString() =>
        $"[{string.Join(", ", (_dimensions ?? []).Select(d => d.ToString(CultureInfo.InvariantCulture)))}]";
}
