namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// One matrix multiply, C = f(op(A)·op(B) + bias) with op(A) [M, K], op(B) [K, N] and C [M, N]; all matrices are row-major, and a row
/// starts <c>ld</c> elements after the one before it.
/// </summary>
/// <remarks>
/// With a weight W stored [Out, In], inputs X [B, In] and the output's gradient dY [B, Out]: the forward pass is X·Wᵀ (TransB), the input
/// gradient dY·W (neither), the weight gradient dYᵀ·X (TransA). C must not overlap A or B.
/// </remarks>
/// <typeparam name="T">float or double.</typeparam>
public readonly unsafe struct GemmCall<T>
    where T : unmanaged
{
    /// <summary>Rows of op(A) and of C, 0 or more.</summary>
    public int M { get; init; }

    /// <summary>Columns of op(B) and of C, 0 or more.</summary>
    public int N { get; init; }

    /// <summary>Columns of op(A) and rows of op(B), 0 or more; with 0 the product is zero.</summary>
    public int K { get; init; }

    /// <summary>A: stored [M, K], or [K, M] if <see cref="TransA"/>.</summary>
    public T* A { get; init; }

    /// <summary>Elements from one stored row of A to the next.</summary>
    public nint Lda { get; init; }

    /// <summary>Whether op(A) is Aᵀ.</summary>
    public bool TransA { get; init; }

    /// <summary>B: stored [K, N], or [N, K] if <see cref="TransB"/>.</summary>
    public T* B { get; init; }

    /// <summary>Elements from one stored row of B to the next.</summary>
    public nint Ldb { get; init; }

    /// <summary>Whether op(B) is Bᵀ.</summary>
    public bool TransB { get; init; }

    /// <summary>The result [M, N].</summary>
    public T* C { get; init; }

    /// <summary>Elements from one row of C to the next.</summary>
    public nint Ldc { get; init; }

    /// <summary>Whether the product is added to what C holds; otherwise C is overwritten, whatever it held.</summary>
    public bool Accumulate { get; init; }

    /// <summary>A number per column of C that is added to it [N], or null.</summary>
    public T* Bias { get; init; }

    /// <summary>Whether max(x, 0) is applied, last but for <see cref="Mask"/>; NaN stays NaN.</summary>
    public bool Relu { get; init; }

    /// <summary>
    /// The output of a Relu [M, N], or null: elements of C where it is not above zero become zero. This is the gradient of that Relu when C
    /// is the gradient of its output.
    /// </summary>
    public T* Mask { get; init; }

    /// <summary>Elements from one row of the mask to the next.</summary>
    public nint Ldmask { get; init; }

    /// <summary>
    /// Receives Σ_k op(A)[i, k] [M], or null: the bias gradient when op(A) is dYᵀ. Overwritten, or added to if <see cref="Accumulate"/>.
    /// </summary>
    public T* RowSums { get; init; }
}
