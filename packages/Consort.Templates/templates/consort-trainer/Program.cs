using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Foundation;
using Consort.Synthetic;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
try
{
    // Made-up clicks, until experiment.yaml names your own.
    if (!File.Exists("clicks.tsv"))
        SyntheticClicks.Write("clicks.tsv", 50_000, new SyntheticOptions { Seed = 1 }, threads: 2);
    var run = ExperimentRunner.Run(new RunRequest(Experiment.Load("experiment.yaml"), "run", Environment.ProcessorCount), stop.Token);
    Console.WriteLine($"test AUC {run.Training.Test!.Metrics.Ensemble.Auc:F4}");
    var packed = RunPacker.Pack(new PackRequest("run", "model.consort", Environment.ProcessorCount), stop.Token);
    Console.WriteLine($"{packed.Path}: {packed.Bytes:N0} bytes");
    return 0;
}
catch (ConsortException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (OperationCanceledException)
{
    return 130;
}
