using System.Globalization;
using System.Text;
using Consort.Data;
using Consort.Data.Storage;

namespace Consort.Benchmarks;

/// <summary>The table of steps over models and batch sizes, as Markdown with all that is needed to make it again.</summary>
internal static class AllSteps
{
    private static readonly string[] Models = ["LR", "FM", "DNN", "DeepFM", "DCN"];
    private static readonly int[] Batches = [4096, 10000];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("all", args, "out", "vocab", "members", "strategy", "update", "precision", "threads", "steps");
        string path = arguments.Text("out") ?? throw new ConsortException("all, --out: found nothing, expected the Markdown file to write");
        StepOptions options = StepOptions.From(arguments);
        var text = new StringBuilder();
        Add("# Steps");
        Add("");
        Add(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Machine.Describe()}"));
        Add("");
        Add($"`./consort bench all {string.Join(' ', args)}`");
        Add("");
        string header = string.Join(" | ", Enum.GetValues<StepKind>().Select(StepKinds.Name));
        Add($"| model | batch | peak GFLOP/s | floor ms | step ms | best ms | % of the floor, median | best | per processor time | rows/s | evaluation rows/s | bytes a step | {header} | other |");
        Add("|" + string.Concat(Enumerable.Repeat("---|", 13 + StepKinds.Count)));
        foreach (string model in Models)
        {
            foreach (int batch in Batches)
            {
                using var run = new StepRun(options with { Model = model, Batch = batch });
                StepResult r = run.Measure();
                string kinds = string.Join(" | ", r.KindMs.Append(r.OtherMs).Select(ms => ms.ToString("F2", CultureInfo.InvariantCulture)));
                Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {model} | {batch} | {r.Peak:F0} | {r.FloorMs:F2} | {r.StepMs:F2} | {r.StepMsMin:F2} | {r.FloorFraction:P0} | {r.BestFloorFraction:P0} | {r.ProcessorFloorFraction:P0} | {r.RowsPerSecond:F0} | {r.EvaluationRowsPerSecond:F0} | {r.AllocatedBytes:F1} | {kinds} |"));
            }
        }
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        SafeFile.Write(path, stream => stream.Write(bytes));
        return 0;

        void Add(string line)
        {
            Console.WriteLine(line);
            text.AppendLine(line);
        }
    }
}
