using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Compute.Cpu.MatrixMultiply;

namespace Consort.Benchmarks;

/// <summary>One matrix multiply of a step, where it stands: its operands as cold as the kernels before have left them.</summary>
internal sealed record StepMultiply(TimedMultiply Shape, double Milliseconds)
{
    public const string Header = "| multiply | M | N | K | ms | GFLOP/s | of the peak |\n|---|---|---|---|---|---|---|\n";

    private string Name => Shape.TransA ? "weight gradient" : Shape.TransB ? "forward" : "input gradient";

    private double Rate => Shape.Operations / Milliseconds * 1e-6;

    public string Row(double peak) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Name} | {Shape.M} | {Shape.N} | {Shape.K} | {Milliseconds:F3} | {Rate:F0} | {Rate / peak:P0} |\n");

    public JsonObject Json(double peak) => new()
    {
        ["name"] = Name,
        ["m"] = Shape.M,
        ["n"] = Shape.N,
        ["k"] = Shape.K,
        ["ms"] = Machine.Rounded(Milliseconds, 4),
        ["gflops"] = Machine.Rounded(Rate, 1),
        ["of_peak"] = Machine.Rounded(Rate / peak, 4),
    };
}
