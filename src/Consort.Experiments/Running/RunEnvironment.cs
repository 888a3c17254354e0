using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>What a result depends on beside the experiment: version, machine, threads.</summary>
public static class RunEnvironment
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>The vectors that kernels use here.</summary>
    public static string Vectors =>
        Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported
        ? "AdvSimd" : "portable";

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
