using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Matrix multiply over a set of workers. Holds the buffers that operands are packed into, so it is kept as long as the model it serves; a
/// call allocates nothing once the largest shape has been seen. Not for use by two threads at once.
/// </summary>
/// <remarks>The result is the same to the last bit whatever the number of workers.</remarks>
public sealed unsafe class Gemm : IDisposable
{
    private readonly Workers _workers;
    private readonly GemmKernel _kernel;
    private readonly GemmLoops<double> _doubles = new();
    private readonly FloatGemm _floats;
    private readonly ReducedGemm? _reduced;
    private readonly NativeGemm? _native;
    private readonly NarrowGemm _narrow;

    /// <summary>Chooses the fastest kernels that this machine has.</summary>
    /// <param name="workers">Who shares the work; not disposed with this object.</param>
    /// <param name="library">Who multiplies.</param>
    /// <exception cref="NotSupportedException">A native library that is not there.</exception>
    public Gemm(Workers workers, MatrixLibrary library = MatrixLibrary.Managed)
        : this(workers, Fastest)
    {
        if (library == MatrixLibrary.Managed)
            return;
        if (NativeBlas.Missing is { } missing)
            throw new NotSupportedException(missing);
        _native = new NativeGemm(workers);
    }

    /// <summary>Uses given kernels, so that tests reach those that this machine would not choose, or operands of fewer bits.</summary>
    internal Gemm(Workers workers, GemmKernel kernel, ReducedGemm? reduced = null)
    {
        ArgumentNullException.ThrowIfNull(workers);
        (_workers, _kernel) = (workers, kernel);
        _narrow = new NarrowGemm(workers);
        _reduced = reduced;
        _floats = kernel switch
        {
            GemmKernel.Avx512 => new PackedGemm<VectorKernel<Vectors512, Vector512<float>, Size14, Size8>>(workers),
            GemmKernel.Avx2 => new PackedGemm<VectorKernel<Vectors256, Vector256<float>, Size6, Size3>>(workers),
            _ => new PackedGemm<VectorKernel<Vectors128, Vector128<float>, Size6, Size3>>(workers),
        };
    }

    /// <summary>Measures each multiply in single precision. Null, as a rule, for none.</summary>
    public GemmClock? Clock { get; set; }

    /// <summary>What the operands are really rounded to.</summary>
    public Precision Precision => _reduced?.Precision ?? Precision.Fp32;

    internal static GemmKernel Fastest =>
        IsAvailable(GemmKernel.Avx512) ? GemmKernel.Avx512
        : IsAvailable(GemmKernel.Avx2) ? GemmKernel.Avx2
        : GemmKernel.Portable;

    internal static bool IsAvailable(GemmKernel kernel) => kernel switch
    {
        GemmKernel.Avx512 => Avx512F.IsSupported && Vector512.IsHardwareAccelerated,
        GemmKernel.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    /// <summary>
    /// Multiplies in single precision, or with operands rounded as <see cref="Precision"/> says. Products that are little more than a
    /// matrix times a vector, or whose K is below 16, stay in single precision.
    /// </summary>
    /// <param name="call">What to multiply; see <see cref="GemmCall{T}"/>.</param>
    /// <exception cref="ArgumentException">A size is negative, a row is longer than its stride, or a pointer is null.</exception>
    public void Run(in GemmCall<float> call)
    {
        Check(call);
        if (call.M == 0 || call.N == 0) return;
        var start = Clock is null ? 0 : Stopwatch.GetTimestamp();
        if (NarrowGemm.Fits(call)) _narrow.Run(call);
        else if (_native is not null && NativeGemm.Fits(call)) _native.Run(call);
        else if (_reduced?.Fits(call) == true) _reduced.Run(call);
        else _floats.Run(call);
        Clock?.Add(call, start);
    }

    /// <summary>Multiplies in double precision, correct for every shape but slow: meant for checking gradients.</summary>
    /// <param name="call">What to multiply; see <see cref="GemmCall{T}"/>.</param>
    /// <exception cref="ArgumentException">As for single precision.</exception>
    public void Run(in GemmCall<double> call)
    {
        Check(call);
        if (call.M == 0 || call.N == 0) return;
        _doubles.Run(_workers, call);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose()
    {
        _floats.Dispose();
        _reduced?.Dispose();
        _native?.Dispose();
        _narrow.Dispose();
    }

    /// <summary>The same for one thread.</summary>
    internal Gemm OfOne()
    {
        var one = new Workers(1);
        return new Gemm(one, _kernel, _reduced?.With(one));
    }

    private static void Check<T>(in GemmCall<T> call)
        where T : unmanaged
    {
        if (call.M < 0 || call.N < 0 || call.K < 0)
            throw new ArgumentException($"A size is negative: M {call.M}, N {call.N}, K {call.K}.", nameof(call));
        if (call.M == 0 || call.N == 0) return;
        CheckOperand("A", call.A, call.TransA ? call.K : call.M, call.TransA ? call.M : call.K, call.Lda);
        CheckOperand("B", call.B, call.TransB ? call.N : call.K, call.TransB ? call.K : call.N, call.Ldb);
        CheckOperand("C", call.C, call.M, call.N, call.Ldc);
        if (call.Mask != null) CheckOperand("Mask", call.Mask, call.M, call.N, call.Ldmask);
        if (!MemoryGuard.IsOn) return;
        if (call.Bias != null) CheckOperand("Bias", call.Bias, 1, call.N, call.N);
        if (call.RowSums != null) CheckOperand("RowSums", call.RowSums, 1, call.M, call.M);
    }

    private static void CheckOperand<T>(string name, T* data, int rows, int columns, nint stride)
        where T : unmanaged
    {
        if (rows == 0 || columns == 0) return;
        if (data == null) throw new ArgumentException($"{name} is null but holds [{rows}, {columns}].");
        if (rows > 1 && stride < columns)
            throw new ArgumentException($"{name} has rows of {columns} elements but {stride} from one to the next.");
        // The guarded build knows where the memory ends that an operand lies in.
        if (MemoryGuard.IsOn && GuardedBlocks.FirstOutside((nint)data,
            (nuint)((((long)(rows - 1) * stride) + columns) * sizeof(T))) is { } outside)
            throw new MemoryGuardException($"{name} [{rows}, {columns}] with {stride} from one row to the next takes {outside}");
    }
}
