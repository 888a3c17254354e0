using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Programs;

/// <summary>The memory that one operation is compiled against.</summary>
/// <typeparam name="T">The element.</typeparam>
public sealed unsafe class Binding<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Program<T> _program;
    private readonly Value _value;
    private readonly GradientTarget<T>[] _inputGradients;

    internal Binding(Program<T> program, Value value, T* outputGradient, bool isMasked, GradientTarget<T>[] inputGradients)
    {
        IsOutputGradientMasked = isMasked;
        _program = program;
        _value = value;
        _inputGradients = inputGradients;
        OutputGradient = outputGradient;
    }

    /// <summary>Whose gradients of rows the operation leaves.</summary>
    internal TableReader Reader => _program.Reader;

    /// <summary>Whether the output's consumer has done the backward half of the ReLU that the operation ends in.</summary>
    internal bool IsOutputGradientMasked { get; }

    /// <summary>The most rows that the output can have.</summary>
    public int Capacity => checked(_program.Capacity * _value.Most);

    /// <summary>The most impressions that a batch can have.</summary>
    internal int Impressions => _program.Capacity;

    /// <summary>Where the rows of impressions lie among those of the output.</summary>
    internal Segments Segments => _program.SegmentsOf(_value.At!);

    /// <summary>Whether the output has rows for positions.</summary>
    internal bool IsAtPositions => _value.At is not null;

    /// <summary>Where the rows of impressions lie among those of an input.</summary>
    internal Segments SegmentsOfInput(int input) => _program.SegmentsOf(_value.Inputs[input].At!);

    /// <summary>Those of all positions that values have rows for.</summary>
    internal IReadOnlyList<Segments> AllSegments => _program.AllSegments;

    /// <summary>The threads to share work with.</summary>
    public Workers Workers => _program.Workers;

    /// <summary>Those that run the same program over other rows of the same batch, or null.</summary>
    internal IRanks? Ranks => _program.Ranks;

    /// <summary>The matrix multiply to use.</summary>
    public Gemm Gemm => _program.Gemm;

    /// <summary>The same for each worker by itself, within a job that all share.</summary>
    internal IReadOnlyList<Gemm> WorkerGemms => _program.WorkerGemms;

    /// <summary>F, the number of categorical columns.</summary>
    public int Columns => _program.Graph.Columns.Count;

    /// <summary>What a categorical column is where it is a list, or null.</summary>
    internal IdList? ListOf(int column) => _program.Graph.Columns[column].List;

    /// <summary>The shape of the output.</summary>
    public Shape OutputShape => _value.Shape;

    /// <summary>The output, [B, …].</summary>
    public T* Output => _program.Data(_value);

    /// <summary>The gradient of the output, [B, …], or null in a program without gradients.</summary>
    public T* OutputGradient { get; }

    /// <summary>A number that is the operation's own within its graph; it separates streams of random numbers.</summary>
    public int Index => _value.Index;

    /// <summary>The shape of an input.</summary>
    public Shape InputShape(int input) => _value.Inputs[input].Shape;

    /// <summary>An input, [B, …].</summary>
    public T* Input(int input) => _program.Data(_value.Inputs[input]);

    /// <summary>The number of inputs.</summary>
    public int Inputs => _value.Inputs.Count;

    /// <summary>Where the gradient of an input goes.</summary>
    public GradientTarget<T> InputGradient(int input) => _inputGradients[input];

    /// <summary>The numbers of a parameter.</summary>
    public T* Values(Parameter parameter) => _program.Store.ValuesAt(parameter);

    /// <summary>The gradient of a parameter; kernels add to it.</summary>
    public T* Gradients(Parameter parameter) => _program.Store.GradientsAt(parameter);

    /// <summary>The rows of an embedding table.</summary>
    public EmbeddingTable<T> Rows(Table table) => _program.Store.Embedding(table);

    /// <summary>Memory of the kernel's own that lives as long as the program; nothing may be read from it that was not written.</summary>
    public T* Workspace(long length) => _program.Allocate(length);

    /// <summary>The same, zeroed.</summary>
    internal T* ZeroedWorkspace(long length) => _program.Allocate(length, MemoryContent.Zeros);

    /// <summary>What drops of the operation's numbers while training.</summary>
    /// <param name="rate">The operation's own share.</param>
    internal DropMask<T> Drops(double rate) => new(_program.DropRateOf(rate), Index);
}
