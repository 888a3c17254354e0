using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Learning.Training;

namespace Consort.Benchmarks;

/// <summary>What threads do of a step while they share jobs, in milliseconds.</summary>
/// <param name="Milliseconds">From the beginnings of the jobs to their ends.</param>
/// <param name="Least">In pieces of them, the thread that is least busy.</param>
/// <param name="Most">The busiest.</param>
/// <param name="All">All threads together.</param>
internal readonly record struct SharedWork(double Milliseconds, double Least, double Most, double All);

/// <summary>What was measured of a step. Times in milliseconds, the peak in GFLOP/s.</summary>
internal sealed record StepResult
{
    public required StepOptions Options { get; init; }
    /// <summary>Of the precision that products were made in.</summary>
    public required double Peak { get; init; }

    /// <summary>Of single precision.</summary>
    public required double FmaPeak { get; init; }

    /// <summary>The peak of one processor that nobody else uses: GFLOP per second of processor time.</summary>
    public required double ProcessorPeak { get; init; }

    /// <summary>Milliseconds of processor time a step, all threads together, spinning included.</summary>
    public required double ProcessorMs { get; init; }

    /// <summary>Floating-point operations of a step.</summary>
    public required double Operations { get; init; }

    public required double StepMs { get; init; }
    public required double StepMsMin { get; init; }
    public required double EvaluationMs { get; init; }
    public required double EvaluationMsMin { get; init; }

    /// <summary>The numbers of threads for which <see cref="CountedMs"/> tells of more than were measured.</summary>
    public static IReadOnlyList<int> CountedThreads { get; } = [2, 4, 8, 16, 32, 64];

    /// <summary>Of a profiled step, what one thread does while the others wait; the loader's work is not in it.</summary>
    public double SerialMs { get; init; }

    /// <summary>The same by <see cref="StepKind"/>; what is done around the operations counts as the loss.</summary>
    public IReadOnlyList<double> SerialKindMs { get; init; } = new double[StepKinds.Count];

    /// <summary>What the threads do in the jobs that they share.</summary>
    public SharedWork Shared { get; init; }

    /// <summary>The same of an evaluation pass.</summary>
    public double EvaluationSerialMs { get; init; }

    /// <summary>What a step would take, by the pieces that its work comes in: of a run with one thread.</summary>
    public IReadOnlyList<double> CountedMs { get; init; } = [];

    /// <summary>The same of an evaluation pass.</summary>
    public IReadOnlyList<double> EvaluationCountedMs { get; init; } = [];

    /// <summary>What adding a batch to the metrics takes; with one thread it is a part of the evaluation, else beside it.</summary>
    public double MetricsMs { get; init; }

    /// <summary>What the loader's thread needs for a batch with nobody beside it.</summary>
    public double LoaderMs { get; init; }

    /// <summary>Medians over profiled steps, by <see cref="StepKind"/>.</summary>
    public required IReadOnlyList<double> KindMs { get; init; }

    /// <summary>The same of an evaluation pass.</summary>
    public required IReadOnlyList<double> EvaluationKindMs { get; init; }

    /// <summary>Medians over profiled steps, in the order of the step.</summary>
    public required IReadOnlyList<StepMultiply> Multiplies { get; init; }

    /// <summary>Managed bytes a step.</summary>
    public required double AllocatedBytes { get; init; }

    public required int DistinctIds { get; init; }

    /// <summary>What a step must move.</summary>
    public required StepBytes Bytes { get; init; }

    /// <summary>What memory gives at most, before and after the steps.</summary>
    public Bandwidth Bandwidth { get; init; }

    public required MemoryUse Memory { get; init; }

    public double FloorMs => Operations / Peak * 1e-6;
    public double FloorFraction => FloorMs / StepMs;
    public double BytesFloorMs => Bytes.Milliseconds(Bandwidth);
    public double MemoryFloorFraction => BytesFloorMs / StepMs;
    public double BestFloorFraction => FloorMs / StepMsMin;
    public double ProcessorFloorFraction => Operations / ProcessorPeak * 1e-6 / ProcessorMs;
    public double RowsPerSecond => Options.Batch / StepMs * 1e3;
    public double EvaluationRowsPerSecond => Options.Batch / EvaluationMs * 1e3;

    /// <summary>What the medians of the kinds leave of the median of the step; noise may take it below 0.</summary>
    public double OtherMs => StepMs - KindMs.Sum();

    private bool IsBf16 => Options.Precision == Precision.Bf16;

    public JsonObject Json()
    {
        JsonObject breakdown = Kinds(KindMs), evaluation = Kinds(EvaluationKindMs);
        breakdown["other"] = Machine.Rounded(OtherMs, 4);
        var memory = new JsonObject();
        foreach ((var part, var bytes) in Memory.Parts.Append(("rest", Memory.Rest))) memory[part] =
            Machine.Rounded(Machine.Megabytes(bytes), 1);
        var json = new JsonObject
        {
            ["fma_peak_gflops"] = Machine.Rounded(IsBf16 ? FmaPeak : Peak, 1),
            ["floor_ms"] = Machine.Rounded(FloorMs, 4),
            ["step_ms"] = Machine.Rounded(StepMs, 4),
            ["floor_fraction"] = Machine.Rounded(FloorFraction, 4),
            ["rows_per_second"] = Machine.Rounded(RowsPerSecond, 1),
            ["allocated_bytes_per_step"] = Machine.Rounded(AllocatedBytes, 1),
            ["breakdown"] = breakdown,
            ["step_ms_per_member"] = Machine.Rounded(StepMs / Options.Members, 4),
            ["step_ms_min"] = Machine.Rounded(StepMsMin, 4),
            ["floor_fraction_best"] = Machine.Rounded(BestFloorFraction, 4),
            ["processor_ms"] = Machine.Rounded(ProcessorMs, 4),
            ["floor_fraction_processor"] = Machine.Rounded(ProcessorFloorFraction, 4),
            ["evaluation_ms"] = Machine.Rounded(EvaluationMs, 4),
            ["evaluation_ms_min"] = Machine.Rounded(EvaluationMsMin, 4),
            ["evaluation_rows_per_second"] = Machine.Rounded(EvaluationRowsPerSecond, 1),
            ["evaluation_breakdown"] = evaluation,
            ["serial_ms"] = Machine.Rounded(SerialMs, 4),
            ["serial_breakdown"] = Kinds(SerialKindMs),
            ["evaluation_serial_ms"] = Machine.Rounded(EvaluationSerialMs, 4),
            ["loader_ms"] = Machine.Rounded(LoaderMs, 4),
            ["bytes_per_step"] = Bytes.Total,
            ["random_bytes_per_step"] = Bytes.Rows,
            ["random_rows_gb_per_second"] = Machine.Rounded(Bandwidth.Rows, 2),
            ["triad_gb_per_second"] = Machine.Rounded(Bandwidth.Streams, 2),
            ["bytes_floor_ms"] = Machine.Rounded(BytesFloorMs, 4),
            ["memory_floor_fraction"] = Machine.Rounded(MemoryFloorFraction, 4),
            ["peak_memory_mb"] = Machine.Rounded(Machine.Megabytes(Memory.Peak), 1),
            ["memory_mb"] = memory,
            ["distinct_ids_per_batch"] = DistinctIds,
            ["threads"] = Options.Threads,
            ["steps"] = Options.Steps,
            ["model"] = Options.Model,
            ["with"] = Options.With,
            ["batch"] = Options.Batch,
            ["vocab"] = Options.Vocabulary,
            ["members"] = Options.Members,
            ["strategy"] = Options.Strategy,
            ["precision"] = Options.Precision.Name(),
            ["update"] = Options.UpdateName,
        };
        if (Options.Ema > 0) json["ema"] = Options.Ema;
        if (Options.EmbeddingL2 > 0) json["embedding_l2"] = Options.EmbeddingL2;
        if (Options.MaxGradientNorm > 0) json["max_gradient_norm"] = Options.MaxGradientNorm;
        if (IsBf16) json.Insert(1, "bf16_peak_gflops", Machine.Rounded(Peak, 1));
        if (Options.Detail) json["multiplies"] = new JsonArray([.. Multiplies.Select(m => m.Json(Peak))]);
        return json;
    }

    private static JsonObject Kinds(IReadOnlyList<double> ms)
    {
        var kinds = new JsonObject();
        foreach (var kind in Enum.GetValues<StepKind>()) kinds[StepKinds.Name(kind)] = Machine.Rounded(ms[(int)kind], 4);
        return kinds;
    }

    public string Table()
    {
        var text = new StringBuilder();
        Row($"{(IsBf16 ? $"FMA peak {FmaPeak:F0}, bf16 dot peak" : "FMA peak")} {Peak:F0} GFLOP/s; {Operations * 1e-9:F2} GFLOP a step, floor {FloorMs:F2} ms; {DistinctIds} different ids a batch");
        Row($"");
        Row($"| pass | ms median | ms best | rows/s | % of the floor, median | best | per processor time |");
        Row($"|---|---|---|---|---|---|---|");
        Row($"| training step | {StepMs:F2} | {StepMsMin:F2} | {RowsPerSecond:F0} | {Share(FloorFraction)} | {Share(BestFloorFraction)} | {Share(ProcessorFloorFraction)} |");
        Row($"| evaluation | {EvaluationMs:F2} | {EvaluationMsMin:F2} | {EvaluationRowsPerSecond:F0} | | | |");
        Row($"");
        Row($"| kind | ms a step | share | of it by one thread alone | ms an evaluation |");
        Row($"|---|---|---|---|---|");
        foreach (var kind in Enum.GetValues<StepKind>())
            Row($"| {StepKinds.Name(kind)} | {KindMs[(int)kind]:F3} | {KindMs[(int)kind] / StepMs:P1} | {SerialKindMs[(int)kind]:F3} | {EvaluationKindMs[(int)kind]:F3} |");
        Row($"| other | {OtherMs:F3} | {OtherMs / StepMs:P1} | | {EvaluationMs - EvaluationKindMs.Sum():F3} |");
        Row($"");
        Row($"by one thread while others wait: {SerialMs:F3} ms of a step, {EvaluationSerialMs:F3} ms of an evaluation; the loader's own thread takes {LoaderMs:F3} ms a batch");
        Row($"");
        if (Options.Detail)
        {
            text.Append(StepMultiply.Header);
            foreach (var multiply in Multiplies) text.Append(multiply.Row(Peak));
            Row($"");
        }
        Row($"bytes that must move: {Bytes.Rows * 1e-6:F1} MB at random places, {Bytes.Streams * 1e-6:F1} MB in order; at {Bandwidth.Rows:F1} and {Bandwidth.Streams:F1} GB/s {BytesFloorMs:F2} ms, {MemoryFloorFraction.ToString("P0", CultureInfo.InvariantCulture)} of the step");
        Row($"");
        Row($"| memory at its peak | MB |");
        Row($"|---|---|");
        foreach ((var part, var bytes) in Memory.Parts.Append(("rest", Memory.Rest))) Row($"| {part} | {Machine.Megabytes(bytes):F1} |");
        Row($"| all | {Machine.Megabytes(Memory.Peak):F1} |");
        Row($"");
        Row($"{AllocatedBytes:F1} managed bytes a step");
        return text.ToString();

        string Share(double fraction) => Operations > 0 ? fraction.ToString("P0", CultureInfo.InvariantCulture) : "no counted operations";

        void Row(FormattableString row) => text.AppendLine(row.ToString(CultureInfo.InvariantCulture));
    }
}
