namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Makes rows of A just before they are multiplied, so that they are still in the cache.</summary>
internal unsafe interface IRowSource
{
    /// <summary>What the rows are made from; asked for ahead in place of A.</summary>
    float* From { get; }

    /// <summary>Elements from one row of it to the next.</summary>
    nint Stride { get; }

    /// <summary>Makes the rows from <paramref name="row"/> to <paramref name="end"/> − 1.</summary>
    void Make(int row, int end);
}
