using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Files;
using Consort.Foundation.Ranks;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>What a result depends on beside the experiment: version, machine, threads.</summary>
internal static class RunEnvironment
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>The vectors that kernels use here.</summary>
    public static string Vectors =>
        Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported
        ? "AdvSimd" : "portable";

    /// <summary>
    /// What the ranks of a run must have alike before any of them opens rows: version, the processor's vectors, what multiplies, and
    /// the options of experiment and command that decide a result.
    /// </summary>
    internal static (string Name, string Value)[] WhatRanksShare(RunRequest request)
    {
        var training = request.Experiment.Training;
        return
        [
            .. WhatRanksShare(request.ShardTables, request.Wire, request.Resume),
            ("precision", (training.Precision.Missing() is null ? training.Precision : Precision.Fp32).Name()),
            ("matrix library", LibraryOf(training.MatrixLibrary)),
            .. DecisiveOptions.Facts(request.Experiment.Options),
        ];
    }

    /// <summary>The same of whatever several ranks do.</summary>
    internal static (string Name, string Value)[] WhatRanksShare(bool shardTables, WirePrecision wire, bool resume) =>
    [
        ("version", Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
        ("vectors", $"{Vectors} of {System.Numerics.Vector<float>.Count} numbers on {RuntimeInformation.ProcessArchitecture}"),
        ("--shard-tables", $"{shardTables}"), ("--wire", wire.Name()), ("--resume", $"{resume}"),
    ];

    /// <summary>The same of what is known once the rows are open.</summary>
    internal static (string Name, string Value)[] WhatRanksShare(RunIdentity identity, EncodedDataset dataset) =>
    [
        ("rows of key", identity.Data), ("training rows", Count(dataset.Train.Rows)),
        ("validation rows", Count(dataset.Valid?.Rows ?? 0)), ("test rows", Count(dataset.Test?.Rows ?? 0)),
        ("weights to start or learn from", identity.Others),
    ];

    /// <summary>The key of the data that a run was trained on; empty where it is not known.</summary>
    /// <exception cref="ConsortException">The file is damaged.</exception>
    internal static string DataKeyOf(RunFolder run) => !File.Exists(run.Environment) ? ""
        : JsonText.Read(
            run.Environment,
            what => new ConsortException($"{run.Environment}: the file is damaged, expected an environment: {what}"),
            root => root.Find("data_key")?.Text() ?? "");

    /// <summary>When a run began, as its environment has it; null where it is not known.</summary>
    /// <exception cref="ConsortException">The file is damaged.</exception>
    internal static string? TimeOf(RunFolder run) => !File.Exists(run.Environment) ? null
        : JsonText.Read(
            run.Environment,
            what => new ConsortException($"{run.Environment}: the file is damaged, expected an environment: {what}"),
            root => root.Find("time")?.Text());

    internal static string Describe(RunRequest request, string dataKey, Precision precision) =>
        JsonSerializer.Serialize(
        new Dictionary<string, object>
        {
            ["consort"] = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "unknown",
            ["time"] = DateTime.UtcNow,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["os"] = RuntimeInformation.OSDescription,
            ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
            ["vectors"] = Vectors,
            ["processors"] = System.Environment.ProcessorCount,
            ["threads"] = request.Threads,
            ["ranks"] = request.Ranks?.Count ?? 1,
            ["wire"] = request.Wire.Name(),
            ["precision"] = precision.Name(),
            ["matmul"] = LibraryOf(request.Experiment.Training.MatrixLibrary),
            ["seed"] = request.Experiment.Training.Seed,
            ["data_key"] = dataKey,
        },
        Json);

    private static string LibraryOf(MatrixLibrary library) =>
        library == MatrixLibrary.Native ? NativeBlas.Name ?? "none" : "managed";

    private static string Count(long rows) => rows.ToString(CultureInfo.InvariantCulture);
}
