using System.Globalization;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Scoring;
using Consort.Compute.Graphs;
using Consort.Compute.Rewrites;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Serving.Packages;

namespace Consort.Serving.Inference;

/// <summary>
/// What all threads of a scorer share: the package, the graph as scoring needs it, and its weights; tables stay where the package is.
/// Programs made from it are each for one thread.
/// </summary>
internal sealed class ScoringModel : IDisposable
{
    private const int MaxModelText = 1 << 20;
    private const int MostRows = 256;
    private const long MostBytes = 1L << 30; // of a workspace for batches
    private const long SmallBytes = 1L << 26; // not worth asking the system about
    private readonly Package _package;
    private readonly ScoringPrograms _programs;
    private readonly string _path;

    private ScoringModel(string path, Package package, PackageCheck check, Catalogues? catalogues)
    {
        (_path, _package) = (path, package);
        var trained = BuildGraph(catalogues);
        var reach = GraphReach.Of(trained, Manifest.Members);
        foreach (var parameter in reach.Parameters)
            Require(parameter.Name, TensorType.F32, [.. parameter.Shape.Dimensions.ToArray().Select(d => (long)d)]);
        foreach (var table in reach.Tables)
            RequireTable(table);
        HashSet<string> tables = [.. reach.Tables.Select(t => t.Name)];
        foreach (var name in package.Names)
            if (check == PackageCheck.Whole || !tables.Contains(name))
                package.Verify(name);

        var inference = InferenceGraph.Of(trained, Manifest.Members);
        if (MemoryNeed.TooLarge(inference.Graph, 1) is { } wide)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{path}: one row needs {wide.Numbers:N0} numbers in {wide.Name}, expected at most {int.MaxValue:N0} in one place"));
        _programs = new ScoringPrograms(inference, parameter => package.Find(parameter.Name)!.Value.View<float>().Span, RowsOf);
    }

    /// <summary>What the package says of itself.</summary>
    public PackageManifest Manifest => _package.Manifest;

    /// <summary>Raw values to ids.</summary>
    public Data.Encoders.Encoder Encoder => _package.Encoder;

    /// <summary>The graph that programs run.</summary>
    public Graph Graph => _programs.Graph;

    /// <summary>The weights of <see cref="Graph"/>; those of tables that are not fp32 are not in it.</summary>
    public ParameterStore<float> Store => _programs.Store;

    /// <summary>Rows that are scored at a time: fewer of a model so wide that a workspace would take gigabytes.</summary>
    public int BatchRows => field > 0 ? field : field = MemoryNeed.RowsWithin(Graph, MostRows, MostBytes);

    /// <summary>Bytes of the package.</summary>
    public long FileLength => _package.FileLength;

    /// <summary>Opens a package.</summary>
    /// <exception cref="ConsortException">It cannot be read, or is no package, or is damaged.</exception>
    public static ScoringModel Load(string path, PackageCheck check, PackageStorage storage, Catalogues? catalogues = null)
    {
        var package = Package.Open(path, storage);
        try
        {
            return new ScoringModel(path, package, check, catalogues);
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    /// <summary>A program for one row at a time.</summary>
    public Program<float> CompileRow()
    {
        CheckMemory(1);
        return _programs.OfRow();
    }

    /// <summary>A program for batches.</summary>
    public Program<float> CompileBatch(int capacity)
    {
        CheckMemory(capacity);
        return _programs.OfBatch(capacity);
    }

    /// <summary>A program for rows that agree in some columns.</summary>
    public Program<float> CompileCandidates(int capacity, CandidateParts parts)
    {
        CheckMemory(capacity);
        return _programs.OfCandidates(capacity, parts);
    }

    /// <summary>The linear layers of which a part is the same for all candidates.</summary>
    public CandidateParts Part(bool[] categorical, bool[] numeric) => _programs.Part(categorical, numeric);

    /// <summary>Frees a program.</summary>
    public void Discard(Program<float> program) => _programs.Discard(program);

    public void Dispose()
    {
        _programs.Dispose();
        _package.Dispose();
    }

    private void CheckMemory(int capacity)
    {
        var need = MemoryNeed.OfProgram(Graph, capacity, withGradients: false);
        if (need > SmallBytes && FreeMemory.Bytes() is var free && need > free)
            throw new ConsortException(string.Create(
                CultureInfo.InvariantCulture, $"{_path}: scoring {capacity} rows at a time needs about {need >> 20} MB, {free >> 20} MB are free"));
    }

    private StoredRows RowsOf(Table table)
    {
        var rows = _package.Find(table.Name)!.Value;
        return rows.Entry.Type switch
        {
            TensorType.F32 => new StoredRows { Floats = rows.View<float>() },
            TensorType.F16 => new StoredRows { Halves = rows.View<Half>() },
            _ => new StoredRows
            {
                Bytes = rows.View<sbyte>(),
                Scales =
                _package.Find(TensorPacking.ScaleOf(table.Name))!.Value.View<float>()
            },
        };
    }

    private Graph BuildGraph(Catalogues? catalogues)
    {
        if (Manifest.Model.Length > MaxModelText)
            throw PackageHeader.Damaged(_path, $"a model of at most {MaxModelText} characters");
        Graph graph;
        try
        {
            var options = OptionMap.Of(StoredOptions.Read(Manifest.Model, $"{_path} (model)"), catalogues);
            var family = Family.From(options) with { Fusion = Manifest.Fusion };
            options.Close();
            graph = family.Describe(Encoder.Space);
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            throw PackageHeader.Damaged(_path, $"a model that fits its columns ({e.Message})");
        }

        return Manifest.Members.All(m => m < graph.Outputs.Count)
            ? graph
            : throw PackageHeader.Damaged(_path, $"members of {graph.Outputs.Count}");
    }

    private void RequireTable(Table table)
    {
        var type = _package.Find(table.Name)?.Entry.Type ?? TensorType.F32;
        if (type == TensorType.U8 || (type != TensorType.F32 && table.Dimension == 1))
            throw PackageHeader.Damaged(_path, $"table {table.Name} as {(table.Dimension == 1 ? "F32" : "F32, F16 or I8")}, found {type}");
        Require(table.Name, type, [table.Rows, table.Dimension]);
        if (type == TensorType.I8)
            Require(TensorPacking.ScaleOf(table.Name), TensorType.F32, [table.Rows]);
    }

    private void Require(string name, TensorType type, long[] shape)
    {
        if (_package.Find(name) is not { } tensor)
            throw PackageHeader.Damaged(_path, $"a tensor {name}");
        if (tensor.Entry.Type != type || !tensor.Entry.Shape.SequenceEqual(shape))
            throw PackageHeader.Damaged(
                _path, $"{name} as {type} [{string.Join(", ", shape)}], found {tensor.Entry.Type} [{string.Join(", ", tensor.Entry.Shape)}]");
        // Kernels read whole vectors of floats that begin on any number of a row, up to a cache line beyond the end.
        if (!tensor.IsAligned(4) || !_package.HasRoomAfter(tensor))
            throw PackageHeader.Damaged(_path, $"{name} on a multiple of 4 bytes with 64 bytes after it");
    }
}
