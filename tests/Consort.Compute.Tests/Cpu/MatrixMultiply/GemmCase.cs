using System.Numerics;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.Compute.Tests.Cpu.MatrixMultiply;

/// <summary>
/// One product with random operands, computed by the naive triple loop in double precision, with its operands rounded first where the
/// multiply under test does that.
/// </summary>
internal sealed unsafe class GemmCase<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const double Untouched = 12345;

    private readonly List<nint> _blocks = [];
    private readonly T* _a, _b, _c, _bias, _mask, _rowSums;
    private readonly double[] _expected, _expectedRowSums, _scale;
    private readonly int _rows, _stride;
    private readonly T[] _initial, _initialRowSums;

    public GemmCase(int m, int n, int k, bool transA, bool transB, bool accumulate = false, bool bias = false,
        bool relu = false, bool mask = false, bool rowSums = false, int slack = 0,
        Func<double, double>? rounding = null)
    {
        var random = new System.Random(HashCode.Combine(m, n, k));
        T Next() => T.CreateChecked(random.NextDouble() * 2 - 1);
        int lda = (transA ? m : k) + slack, ldb = (transB ? k : n) + 2 * slack, ldc = n + 3 * slack;
        _rows = m;
        _stride = ldc;
        _a = New((transA ? k : m) * lda, Next);
        _b = New((transB ? n : k) * ldb, Next);
        _c = New(m * ldc, () => T.CreateChecked(Untouched));
        _bias = New(n, Next);
        _mask = New(m * ldc, Next);
        _rowSums = New(m, Next);
        for (var i = 0; i < m; i++) for (var j = 0; j < n; j++) _c[i * ldc + j] = accumulate ? Next() : T.NaN;
        _initial = new Span<T>(_c, m * ldc).ToArray();
        _initialRowSums = new Span<T>(_rowSums, m).ToArray();
        Call = new GemmCall<T>
        {
            M = m,
            N = n,
            K = k,
            A = _a,
            Lda = lda,
            TransA = transA,
            B = _b,
            Ldb = ldb,
            TransB = transB,
            C = _c,
            Ldc = ldc,
            Accumulate = accumulate,
            Bias = bias ? _bias : null,
            Relu = relu,
            Mask = mask ? _mask : null,
            Ldmask = ldc,
            RowSums = rowSums ? _rowSums : null,
        };

        _expected = new double[m * n];
        _scale = new double[m * n];
        _expectedRowSums = new double[m];
        for (var i = 0; i < m; i++)
        {
            _expectedRowSums[i] = accumulate ? double.CreateChecked(_initialRowSums[i]) : 0;
            for (var x = 0; x < k; x++) _expectedRowSums[i] += A(i, x);
            for (var j = 0; j < n; j++)
            {
                double sum = accumulate ? double.CreateChecked(_initial[i * ldc + j]) : 0, magnitude = 1;
                for (var x = 0; x < k; x++)
                {
                    var product = rounding == null ? A(i, x) * B(x, j) : rounding(A(i, x)) * rounding(B(x, j));
                    sum += product;
                    magnitude += Math.Abs(product);
                }
                if (bias) sum += double.CreateChecked(_bias[j]);
                if (relu) sum = Math.Max(sum, 0);
                if (mask && !(_mask[i * ldc + j] > T.Zero)) sum = 0;
                (_expected[i * n + j], _scale[i * n + j]) = (sum, magnitude);
            }
        }
        double A(int i, int x) => double.CreateChecked(transA ? _a[x * lda + i] : _a[i * lda + x]);
        double B(int x, int j) => double.CreateChecked(transB ? _b[j * ldb + x] : _b[x * ldb + j]);
    }

    public GemmCall<T> Call { get; }

    /// <summary>Puts C and the row sums back to what they were before the call.</summary>
    public void Restore()
    {
        _initial.CopyTo(new Span<T>(_c, _initial.Length));
        _initialRowSums.CopyTo(new Span<T>(_rowSums, _initialRowSums.Length));
    }

    public T[] Result() => [.. new Span<T>(_c, _rows * _stride), .. new Span<T>(_rowSums, _rows)];

    public void Check(double epsilon)
    {
        var n = Call.N;
        for (var i = 0; i < _rows; i++)
        {
            for (var j = 0; j < _stride; j++)
            {
                var actual = double.CreateChecked(_c[i * _stride + j]);
                if (j >= n) Assert.Equal(Untouched, actual);
                else if (!(Math.Abs(actual - _expected[i * n + j]) <= epsilon * _scale[i * n + j]))
                    Assert.Fail($"{Describe()}: C[{i}, {j}] is {actual}, expected {_expected[i * n + j]}");
            }
            if (Call.RowSums != null)
                Assert.True(Math.Abs(double.CreateChecked(_rowSums[i]) - _expectedRowSums[i]) <= epsilon * (1 + Call.K),
                    $"{Describe()}: row sum {i}");
        }
    }

    public void Dispose()
    {
        foreach (var block in _blocks) NativeMemory.AlignedFree((void*)block);
    }

    private string Describe() => $"{Call.M} x {Call.N} x {Call.K}{(Call.TransA ? " Aᵀ" : "")}{(Call.TransB ? " Bᵀ" : "")}" +
        $"{(Call.Accumulate ? " +=" : "")}{(Call.Bias != null ? " bias" : "")}{(Call.Relu ? " relu" : "")}{(Call.Mask != null ? " mask" : "")}" +
        $" strides {Call.Lda}, {Call.Ldb}, {Call.Ldc}";

    private T* New(int count, Func<T> next)
    {
        var data = (T*)NativeMemory.AlignedAlloc((nuint)(Math.Max(count, 1) * sizeof(T)), 64);
        _blocks.Add((nint)data);
        for (var i = 0; i < count; i++) data[i] = next();
        return data;
    }
}
