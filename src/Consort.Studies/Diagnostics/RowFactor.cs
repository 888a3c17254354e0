using System.Numerics;
using System.Runtime.InteropServices;

namespace Consort.Studies.Diagnostics;

/// <summary>
/// The singular values of a tall matrix A [N, n] that comes row by row, and those of the same matrix without its mean row, in double
/// precision and memory for n² numbers.
/// </summary>
/// <remarks>
/// Keeps the triangle of a thin QR of [1, A], block by block with Householder reflections (Golub and Van Loan 2013, 5.2): of the factor's
/// rows and columns, all but the first column have the singular values of A, and all but the first row and column those of A − 1 μᵀ, since
/// the first reflection takes off what lies along the ones. Small values keep their digits, which eigenvalues of AᵀA would lose below 1e-8
/// of the largest.
/// </remarks>
internal sealed class RowFactor
{
    private const int BlockRows = 512;
    private readonly int _columns;
    private readonly double[] _block; // [n + 1, BlockRows], column after column; the first is of ones
    private readonly double[] _triangle; // R [n + 1, n + 1], row after row
    private readonly float[] _low;
    private readonly float[] _high;
    private int _held;

    /// <summary>Begins without rows.</summary>
    /// <param name="columns">n, at least 1.</param>
    public RowFactor(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        _columns = columns;
        _block = new double[(columns + 1) * BlockRows];
        _triangle = new double[(columns + 1) * (columns + 1)];
        (_low, _high) = (new float[columns], new float[columns]);
        Array.Fill(_low, float.PositiveInfinity);
        Array.Fill(_high, float.NegativeInfinity);
    }

    /// <summary>n.</summary>
    public int Columns => _columns;

    /// <summary>N, the rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Columns that were the same number in every row.</summary>
    public int ConstantColumns => _low.Zip(_high, (low, high) => low == high).Count(same => same);

    /// <summary>Adds a row.</summary>
    /// <param name="row">[n], finite.</param>
    /// <param name="times">How often it stands in the matrix, above 0: its numbers and its 1 times √times have the same singular
    /// values.</param>
    public void Add(ReadOnlySpan<float> row, long times = 1)
    {
        var scale = Math.Sqrt(times);
        if (_held == BlockRows)
            Reduce();
        _block[_held] = scale;
        for (var i = 0; i < _columns; i++)
        {
            _block[((i + 1) * BlockRows) + _held] = scale * row[i];
            _low[i] = Math.Min(_low[i], row[i]);
            _high[i] = Math.Max(_high[i], row[i]);
        }

        _held++;
        Rows += times;
    }

    /// <summary>The spectra of the rows so far, min(N, n) values each; more rows may come afterwards.</summary>
    public (Spectrum Raw, Spectrum Centred) Spectra()
    {
        if (Rows == 0)
            throw new InvalidOperationException("found no rows");
        Reduce();
        return (Values(0), Values(1));
    }

    private Spectrum Values(int firstRow)
    {
        var rows = _columns + 1 - firstRow;
        var matrix = new MathNet.Numerics.LinearAlgebra.Double.DenseMatrix(rows, _columns);
        for (var i = 0; i < rows; i++)
            for (var j = Math.Max(0, i + firstRow - 1); j < _columns; j++)
                matrix[i, j] = _triangle[((i + firstRow) * (_columns + 1)) + j + 1];
        return Spectrum.Of(matrix.Svd(computeVectors: false).S.OrderDescending().Take((int)Math.Min(Rows, _columns)));
    }

    // R ← the triangle of [R; block], column by column: reflection k touches row k of R and the block.
    private void Reduce()
    {
        var width = _columns + 1;
        for (var k = 0; k < width && _held > 0; k++)
        {
            var column = Column(k);
            var squares = Dot(column, column);
            if (squares == 0)
                continue;
            var head = _triangle[(k * width) + k];
            var norm = Math.Sqrt((head * head) + squares);
            var pivot = head + (head >= 0 ? norm : -norm); // v = (pivot, column)
            var scale = 2 / ((pivot * pivot) + squares);
            _triangle[(k * width) + k] = head - pivot;
            for (var j = k + 1; j < width; j++)
            {
                var other = Column(j);
                ref var top = ref _triangle[(k * width) + j];
                var factor = scale * ((pivot * top) + Dot(column, other));
                top -= factor * pivot;
                Subtract(other, factor, column);
            }
        }

        Array.Clear(_block);
        _held = 0;
    }

    private Span<Vector<double>> Column(int index) =>
        MemoryMarshal.Cast<double, Vector<double>>(_block.AsSpan(index * BlockRows, BlockRows));

    private static double Dot(ReadOnlySpan<Vector<double>> x, ReadOnlySpan<Vector<double>> y)
    {
        var (even, odd) = (Vector<double>.Zero, Vector<double>.Zero);
        for (var i = 0; i + 1 < x.Length; i += 2)
        {
            even += x[i] * y[i];
            odd += x[i + 1] * y[i + 1];
        }

        return Vector.Sum(even + odd);
    }

    private static void Subtract(Span<Vector<double>> y, double factor, ReadOnlySpan<Vector<double>> x)
    {
        var times = new Vector<double>(factor);
        for (var i = 0; i < y.Length; i++)
            y[i] -= times * x[i];
    }
}
