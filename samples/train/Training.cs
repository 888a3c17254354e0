using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Serving.Calibrations;

namespace Train;

/// <summary>From a file of clicks to a package, without the command line.</summary>
public static class Training
{
    private const string Yaml = """
        name: clicks
        data:
          source: CLICKS
          by: seed
          shares: [0.8, 0.1, 0.1]
          cache: CACHE
          schema:
            delimiter: comma
            header: true
            quoted: true
            min_count: 2
            fields:
              - { name: request_id, kind: id }
              - { name: clicked, kind: label }
              - { name: time, kind: time, format: yymmddhh, derive: [hour, weekday] }
              - { name: city, kind: categorical }
              - { name: device, kind: categorical }
              - { name: campaign, kind: categorical }
              - { name: age, kind: numeric, transform: standardise }
              - { name: price, kind: numeric, transform: standardise }
        embedding: { dimension: 8 }
        members: [{ model: DeepFM, hidden_units: [32] }]
        training: { batch_size: 256, epochs: 5, learning_rate: 1e-3, patience: 2, seed: 1 }
        """;

    /// <summary>Trains, measures and packs; gives the AUC on rows that neither training nor calibration has seen.</summary>
    /// <param name="clicks">A CSV with clicks.</param>
    /// <param name="package">Where the package goes; the run is left beside it.</param>
    /// <param name="cancellation">Stops it; the run can then be gone on with.</param>
    public static double Run(string clicks, string package, CancellationToken cancellation)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(package))!;
        var text = Yaml.Replace("CLICKS", Path.GetFullPath(clicks), StringComparison.Ordinal)
            .Replace("CACHE", Path.Combine(folder, "encoded"), StringComparison.Ordinal);
        var experiment = Experiment.Parse(text, "training", folder);
        var run = ExperimentRunner.Run(new RunRequest(experiment, Path.Combine(folder, "run"), Threads: 2), cancellation);
        var packed = RunPacker.Pack(new PackRequest(run.Folder, package, Threads: 2) { Calibration = CalibrationKind.Platt }, cancellation);
        return packed.Splits.Single(s => s.Split == "test").Packed.Auc;
    }
}
