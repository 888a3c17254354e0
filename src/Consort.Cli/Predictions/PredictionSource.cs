using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Foundation.Options;

namespace Consort.Cli.Predictions;

/// <summary>Takes the predictions of a batch: of each name those of its rows, and what is kept of them.</summary>
internal delegate void TakePredictions(int rows, double[][] probabilities, KeptCells kept);

/// <summary>What gives probabilities of raw rows: a run, or a package.</summary>
internal abstract class PredictionSource : IDisposable
{
    /// <summary>The probabilities that it gives of a row.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>The rows that it reads.</summary>
    public abstract Schema Schema { get; }

    public abstract void Predict(IReadOnlyList<string> places, RawRows rules, IProgress<long>? progress, TakePredictions take,
        CancellationToken cancellation);

    public abstract void Dispose();

    protected static double[] Room(ref double[] room, int rows) => room.Length >= rows ? room : room = new double[rows];
}

/// <summary>Those of a run.</summary>
internal sealed class RunPredictions(FinishedRun run, bool withMembers) : PredictionSource
{
    private readonly FinishedRun _run = run;

    public override IReadOnlyList<string> Names { get; } = withMembers
        ? ["probability", .. run.Experiment.Family.Members.Select((m, i) => FormattableString.Invariant($"member_{i}_{m.Name}"))]
        : ["probability"];

    public override Schema Schema => _run.Encoder.Schema;

    public override void Predict(IReadOnlyList<string> places, RawRows rules, IProgress<long>? progress, TakePredictions take,
        CancellationToken cancellation)
    {
        double[][] probabilities = [.. Names.Select(_ => Array.Empty<double>())];
        _run.Predict(places, (batch, kept) =>
        {
            for (var name = 0; name < probabilities.Length; name++)
            {
                var these = name == 0 ? batch.EnsembleProbabilities() : batch.Probabilities(name - 1);
                these.CopyTo(Room(ref probabilities[name], batch.Rows));
            }

            take(batch.Rows, probabilities, kept);
        }, progress, cancellation, rules);
    }

    public override void Dispose() => _run.Dispose();
}

/// <summary>Those of a package, calibrated as it is.</summary>
internal sealed class PackagePredictions(string path, Catalogues catalogues) : PredictionSource
{
    private readonly PackagePredictor _package = new(path, catalogues);

    public override IReadOnlyList<string> Names { get; } = ["probability"];

    public override Schema Schema => _package.Schema;

    public override void Predict(IReadOnlyList<string> places, RawRows rules, IProgress<long>? progress, TakePredictions take,
        CancellationToken cancellation)
    {
        double[][] probabilities = [[]];
        _package.Predict(places, (rows, these, kept) =>
        {
            var room = Room(ref probabilities[0], rows);
            for (var row = 0; row < rows; row++)
                room[row] = these[row];
            take(rows, probabilities, kept);
        }, rules, progress, cancellation);
    }

    public override void Dispose() => _package.Dispose();
}
