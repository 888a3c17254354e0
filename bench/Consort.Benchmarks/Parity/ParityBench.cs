using System.Globalization;
using Consort.Benchmarks.Peers;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Serving;

namespace Consort.Benchmarks.Parity;

/// <summary>
/// Trains every model briefly and asks for the probabilities of the same raw rows by every path that a user may take: the trainer's
/// evaluation pass, the scorer of the packed file, the server over HTTP, and ONNX Runtime.
/// </summary>
internal static class ParityBench
{
    public static int Run(string[] args)
    {
        var arguments = new Arguments("parity", args, "data", "rows", "models", "runtime", "threads", "json", "out");
        var folders = arguments.List("data") is { Count: > 0 } given
            ? given : throw new ConsortException("parity, --data: found nothing, expected a folder or a file of raw rows");
        int rows = arguments.Integer("rows", 10_000, 10, 1_000_000), threads =
            arguments.Integer("threads", Environment.ProcessorCount, 1, 1024);
        var models = ParityModels.Choose(arguments.List("models", ParityModels.Names));
        (var modules, var absent) = OnnxRuntime.Find(arguments.Text("runtime"));
        if (absent is not null) Console.WriteLine(absent);
        var table = new ParityTable(arguments.Text("out"), arguments.Text("json"), $"./consort bench parity {string.Join(' ', args)}", rows,
            absent is null ? [] : [absent]);
        foreach (var path in folders)
        {
            using var folder = new TempFolder();
            var data = new ParityData(path, rows, threads, Directory.CreateDirectory(folder.At("data")).FullName);
            foreach (var model in models)
            {
                StopSignals.Check();
                if (ParityModels.NeedsHistory(model) && !data.HasHistory)
                {
                    Console.WriteLine($"{data.Name}, {model}: left out, found no sequence among the columns");
                    continue;
                }

                var own = Directory.CreateDirectory(folder.At(model)).FullName;
                var result = Compare(model, data, threads, own, modules);
                Directory.Delete(own, recursive: true);
                table.Add(data, result);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{data.Name}, {model}: at most {result.Differences.Max():0.0e-0}{(!result.IsWithin ? ", more than is tolerated" : !result.IsWithinLimit ? ", which rounding explains" : "")}"));
            }
        }
        Console.WriteLine();
        Console.Write(table.Markdown());
        return table.IsWithin ? 0 : 1;
    }

    private static ParityResult Compare(string model, ParityData data, int threads, string folder, string? modules)
    {
        string run = Path.Combine(folder, "run"), package = Path.Combine(folder, "model.consort");
        var text = $$"""
            name: parity
            data: { encoded: '{{data.Encoded}}' }
            {{ParityModels.Sections(model)}}
            training: { epochs: 1, batch_size: 256, learning_rate: 5e-3, seed: 1 }
            """;
        ExperimentRunner.Run(new RunRequest(Experiment.Parse(text, "parity", folder), run, threads), CancellationToken.None);
        RunPacker.Pack(new PackRequest(run, package, threads), CancellationToken.None);
        using var finished = new FinishedRun(run, threads);
        double[] expected = ParityPaths.Trainer(finished, data.Rows), grouped = ParityPaths.Trainer(finished, data.CandidateRows);
        (double[] Raw, double[] Ids)? onnx = modules is null ? null : ParityPaths.Onnx(modules, package, data, folder);
        using var scorer = Scorer.Load(package);
        return new ParityResult(model, expected.Min(), expected.Max(),
            ParityResult.Largest(expected, ParityExact.Of(finished, data.Values)),
        [
            ParityResult.Largest(expected, ParityPaths.OneByOne(scorer, data.Values)),
            ParityResult.Largest(expected, ParityPaths.Batch(scorer, data.Values)),
            ParityResult.Largest(grouped, ParityPaths.Candidates(scorer, data.CandidateValues, data.CandidateFields, data.GroupSize)),
            ParityResult.Largest(expected, ParityPaths.Server(package, data.Requests).GetAwaiter().GetResult()),
            onnx is { } o ? ParityResult.Largest(expected, o.Raw) : null,
            onnx is { } i ? ParityResult.Largest(expected, i.Ids) : null,
        ]);
    }
}
