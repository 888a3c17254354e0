using Consort.Compute.Cpu.Programs;

namespace Consort.Serving.Inference;

/// <summary>The memory of one call: programs and buffers that no other thread uses meanwhile.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly ScoringModel _model;
    private readonly Dictionary<object, Program<float>> _candidates = [];
    private Program<float>? _batch;

    public Workspace(ScoringModel model)
    {
        _model = model;
        Row = model.CompileRow();
        Ids = GC.AllocateArray<int>(Math.Max(1, model.Graph.Columns.Count), pinned: true);
        Lists = new int[model.Graph.ListRoom];
        Times = new long[model.Encoder.TimesPerRow];
        Numerics = GC.AllocateArray<float>(Math.Max(1, model.Graph.Numeric?.Shape[0] ?? 0), pinned: true);
    }

    /// <summary>Rows that are scored at a time.</summary>
    public int BatchRows => _model.BatchRows;

    /// <summary>For one row.</summary>
    public Program<float> Row { get; }

    /// <summary>For up to <see cref="BatchRows"/> rows.</summary>
    public Program<float> Batch => _batch ??= _model.CompileBatch(BatchRows);

    /// <summary>Room for the ids of <see cref="BatchRows"/> rows; never moves.</summary>
    public int[] BatchIds => field ??= GC.AllocateArray<int>(Math.Max(1, BatchRows * _model.Graph.Columns.Count), pinned: true);

    /// <summary>Room for the lists of <see cref="BatchRows"/> rows, and of one more that they have in common.</summary>
    public int[] BatchLists => field ??= new int[(BatchRows + 1) * _model.Graph.ListRoom];

    /// <summary>Room for the numeric columns of <see cref="BatchRows"/> rows; never moves.</summary>
    public float[] BatchNumerics =>
        field ??= GC.AllocateArray<float>(Math.Max(1, BatchRows * (_model.Graph.Numeric?.Shape[0] ?? 0)), pinned: true);

    /// <summary>Room for the ids of one row; never moves.</summary>
    public int[] Ids { get; }

    /// <summary>Room for the lists of one row.</summary>
    public int[] Lists { get; }

    /// <summary>Room for the times of one row.</summary>
    public long[] Times { get; }

    /// <summary>Room for the times of <see cref="BatchRows"/> rows.</summary>
    public long[] BatchTimes => field ??= new long[BatchRows * _model.Encoder.TimesPerRow];

    /// <summary>Room for the numeric columns of one row; never moves.</summary>
    public float[] Numerics { get; }

    /// <summary>Room to write a value as text in.</summary>
    public byte[] Text { get; private set; } = new byte[256];

    /// <summary>Makes <see cref="Text"/> at least so long.</summary>
    public byte[] TextOf(int length) => Text.Length >= length ? Text : Text = new byte[Math.Max(length, 2 * Text.Length)];

    /// <summary>For rows that agree in some columns.</summary>
    public Program<float> CandidatesOf(object owner, Func<Program<float>> compile) =>
        _candidates.TryGetValue(owner, out var program) ? program : _candidates[owner] = compile();

    public void Dispose()
    {
        _model.Discard(Row);
        if (_batch is not null)
            _model.Discard(_batch);
        foreach (var program in _candidates.Values)
            _model.Discard(program);
    }
}
