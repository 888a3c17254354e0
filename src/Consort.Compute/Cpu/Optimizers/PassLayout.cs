using System.Numerics;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Numbers that are trained alike: the dense parameters, or one table. All of them have the same layout.</summary>
/// <typeparam name="T">The element.</typeparam>
internal unsafe struct Region<T>
    where T : unmanaged
{
    /// <summary>What is trained.</summary>
    public T* Values;

    /// <summary>The first state of the rule, or null.</summary>
    public T* First;

    /// <summary>The second state of the rule, or null.</summary>
    public T* Second;

    /// <summary>Their moving average, or null.</summary>
    public T* Average;

    /// <summary>λ of the regulariser.</summary>
    public T L2;

    /// <summary>Where rows are deferred, or touched ones averaged, the steps that each has seen; otherwise null.</summary>
    public int* Stamps;

    /// <summary>Whether it is a table.</summary>
    public bool IsTable;
}

/// <summary>A stretch of the dense parameters that one worker goes over at a time.</summary>
internal readonly record struct DenseBlock(long Offset, int Length);

/// <summary>What an optimizer's passes go over: fixed at its creation, the same for every number of threads.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="Regions">The dense parameters, then each trained table.</param>
/// <param name="DenseBlocks">The trained stretches of the dense parameters.</param>
/// <param name="Tables">The trained tables; table i is region i + 1.</param>
/// <param name="Update">Which rows of the tables a step changes, and when.</param>
/// <param name="EmbeddingL2">λ of the tables.</param>
/// <param name="TracksSquares">Whether passes give back the tables' Σ w² or its change, for the norm of the step to come.</param>
/// <param name="Workers">The threads.</param>
internal sealed record PassLayout<T>(Region<T>[] Regions, DenseBlock[] DenseBlocks, EmbeddingTable<T>[] Tables, EmbeddingUpdate Update,
    double EmbeddingL2, bool TracksSquares, Workers Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Numbers in a block: several arrays of it fit into the first-level cache.</summary>
    public const int BlockLength = 4096;

    /// <summary>Touched rows that one worker goes over at a time.</summary>
    public const int ChunkRows = 512;

    /// <summary>The moving average of what is trained, or null.</summary>
    public MovingAverage<T>? Average { get; set; }

    /// <summary>The learning rate of tables over that of dense parameters.</summary>
    public double EmbeddingRate { get; init; } = 1;

    /// <summary>Whether a step goes over all rows of the tables.</summary>
    public bool WholeTables => Update == EmbeddingUpdate.Dense;

    /// <summary>Whole rows of a table in a block.</summary>
    public static int BlockRows(int dimension) => Math.Max(1, BlockLength / dimension);
}
