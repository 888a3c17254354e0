namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>One tile of C: the product of some rows of A and a panel of B.</summary>
internal unsafe struct GemmTile
{
    /// <summary>Steps of the sum: columns of A, rows of the panel of B.</summary>
    public nint Depth;

    /// <summary>First of the tile's rows of A.</summary>
    public float* A;

    /// <summary>Elements from one row of A to the next: 1 if A is transposed and read where it is.</summary>
    public nint RowA;

    /// <summary>Elements from one step of A to the next.</summary>
    public nint StepA;

    /// <summary>Panel of B: a step holds one element of each column of the tile, neighbours.</summary>
    public float* B;

    /// <summary>Elements from one step of B to the next: the width of the tile if B is packed.</summary>
    public nint StepB;

    /// <summary>Added to the product: what C held, or the bias with a stride of 0.</summary>
    public float* Addend;

    /// <summary>Elements from one row of the addend to the next.</summary>
    public nint Ldaddend;

    /// <summary>Elements below it become it: 0 for Relu, −∞ for none.</summary>
    public float Floor;

    /// <summary>Elements become zero where it is not above zero.</summary>
    public float* Mask;

    /// <summary>Elements from one row of the mask to the next: 0 if all are ones.</summary>
    public nint Ldmask;

    /// <summary>Where the tile goes; all its rows and columns are written.</summary>
    public float* C;

    /// <summary>Elements from one row of C to the next.</summary>
    public nint Ldc;

    /// <summary>Memory that will be needed soon: each step asks the cache for one line of it.</summary>
    public byte* Ahead;

    /// <summary>Bytes from the line asked for in one step to that of the next.</summary>
    public nint AheadStep;
}

/// <summary>The instructions of one machine: the shapes of its tiles, and how to multiply and transpose them.</summary>
/// <remarks>
/// A tile may be short, for the last rows of a matrix, and narrow (half the columns), for its last columns. A panel of B is as wide as the
/// tile; its rows follow each other without a gap.
/// </remarks>
internal unsafe interface IGemmKernel
{
    static abstract int Rows { get; }

    static abstract int ShortRows { get; }

    static abstract int Columns { get; }

    static abstract void Multiply(in GemmTile tile, bool @short, bool narrow);

    /// <summary>Transposes a matrix: to[j * width + i] = from[i * stride + j] for i below rows, j below columns.</summary>
    static abstract void Transpose(float* from, nint stride, int rows, int columns, float* to, nint width);
}
