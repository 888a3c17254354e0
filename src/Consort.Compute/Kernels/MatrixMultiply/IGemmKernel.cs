namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>One tile of C: the product of a panel of A and a panel of B over the panels' depth.</summary>
internal unsafe struct GemmTile
{
    /// <summary>Steps of the panels.</summary>
    public nint Depth;

    /// <summary>Panel of A: a step holds one element of each row of the tile.</summary>
    public float* A;

    /// <summary>Panel of B: a step holds one element of each column of the tile.</summary>
    public float* B;

    /// <summary>Added to the product: what C held, or the bias with a stride of 0.</summary>
    public float* Addend;

    /// <summary>Elements from one row of the addend to the next.</summary>
    public nint Ldaddend;

    /// <summary>Elements below it become it: 0 for Relu, −∞ for none.</summary>
    public float Floor;

    /// <summary>Where the tile goes; all its rows and columns are written.</summary>
    public float* C;

    /// <summary>Elements from one row of C to the next.</summary>
    public nint Ldc;
}

/// <summary>The instructions of one machine: the shapes of its tiles, and how to multiply and pack them.</summary>
/// <remarks>A tile may be short, for the last rows of a matrix, and narrow (half the columns), for its last columns.
/// Panels of A are as wide as the tile has rows, panels of B as it has columns.</remarks>
internal unsafe interface IGemmKernel
{
    static abstract int Rows { get; }

    static abstract int ShortRows { get; }

    static abstract int Columns { get; }

    static abstract void Multiply(in GemmTile tile, bool @short, bool narrow);

    /// <summary>
    /// Packs rows that run along the depth: to[k * width + i] = from[i * stride + k], zero for i from rows to width − 1.
    /// Up to 16 elements after the panel may be overwritten.
    /// </summary>
    static abstract void Transpose(float* from, nint stride, int rows, int depth, float* to, int width);
}
