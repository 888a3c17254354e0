using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Foundation.Files;
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

    /// <summary>What the ranks of a run must have alike: version, experiment, rows, other weights, the processor's vectors.</summary>
    internal static (string Name, string Value)[] WhatRanksShare(RunIdentity identity) =>
    [
        ("version", Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
        ("experiment", identity.Experiment), ("rows of key", identity.Data), ("weights to start or learn from", identity.Others),
        ("vectors", $"{Vectors} of {System.Numerics.Vector<float>.Count} numbers on {RuntimeInformation.ProcessArchitecture}"),
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

    internal static string Describe(int threads, ulong seed, string dataKey, Precision precision, MatrixLibrary library) =>
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
            ["threads"] = threads,
            ["precision"] = precision.Name(),
            ["matmul"] = library == MatrixLibrary.Native ? NativeBlas.Name ?? "none" : "managed",
            ["seed"] = seed,
            ["data_key"] = dataKey,
        },
        Json);
}
