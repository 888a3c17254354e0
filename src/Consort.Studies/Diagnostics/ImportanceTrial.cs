using Consort.Data.Encoders;
using Consort.Experiments.Running;
using Consort.Experiments.Statistics;
using Consort.Foundation.Options;
using Consort.Learning.Losses;

namespace Consort.Studies.Diagnostics;

/// <summary>Measures importance, interactions, slices and dependence on a sample of rows.</summary>
internal sealed class ImportanceTrial
{
    private const int Repeats = 5;
    private const int MostPaired = 6; // the most important fields, whose pairs are looked at
    private const int Points = 9;
    private readonly RowSample _sample;
    private readonly FinishedRun _run;
    private readonly DealtRows _rows;
    private readonly float[] _labels;
    private readonly float[] _logits;
    private readonly double[] _losses;
    private readonly CancellationToken _cancellation;

    private ImportanceTrial(FinishedRun run, RowSample sample, CancellationToken cancellation)
    {
        (_run, _sample, _cancellation, _rows) = (run, sample, cancellation, new DealtRows(sample, run));
        _labels = sample.Labels.ToArray();
        _logits = _rows.Logits();
        _losses = Losses(_logits);
    }

    /// <summary>Measures.</summary>
    /// <param name="run">The run.</param>
    /// <param name="sample">Rows with labels.</param>
    /// <param name="together">Fields that are also dealt together, each a list of names.</param>
    /// <param name="cancellation">Stops between fields.</param>
    /// <exception cref="ConsortException">A field is named that there is not.</exception>
    public static FieldImportances Of(FinishedRun run, RowSample sample, IReadOnlyList<IReadOnlyList<string>> together,
        CancellationToken cancellation) => new ImportanceTrial(run, sample, cancellation).Measure(together);

    private FieldImportances Measure(IReadOnlyList<IReadOnlyList<string>> together)
    {
        var fields = DealtField.Of(_run.Encoder.Schema, _run.Encoder.Space);
        DealtField[] groups = [.. together.Select(names => DealtField.Together([.. names.Select(n => Find(fields, n))]))];
        var costs = new Dictionary<string, double[]>();
        FieldImportance[] measured = [.. fields.Concat(groups).Select(f => Measure(f, costs)).OrderByDescending(f => f.LogLoss.Value)];
        DealtField[] most = [.. measured.Select(m => fields.FirstOrDefault(f => f.Name == m.Field)).OfType<DealtField>().Take(MostPaired)];
        var pairs = from a in Enumerable.Range(0, most.Length)
                    from b in Enumerable.Range(a + 1, most.Length - a - 1)
                    select Pair(most[a], most[b], costs);
        return new FieldImportances(_sample.Rows, Repeats, measured,
            [.. pairs.OrderByDescending(p => Math.Abs(p.Interaction.Value))],
            PredictedSlices.Of(_run.Encoder, _sample, _labels, _logits, _losses), [.. Curves()]);
    }

    private static DealtField Find(IReadOnlyList<DealtField> fields, string name) => fields.FirstOrDefault(f => f.Name == name)
        ?? throw new ConsortException($"--together {name}: found no such field with columns of its own, expected one of {string.Join(", ", fields.Select(f => f.Name))}{NearestWord.Hint(name, fields.Select(f => f.Name))}");

    private FieldImportance Measure(DealtField field, Dictionary<string, double[]> costs)
    {
        var hasBoth = _labels.Count(y => y == 1) is >= 2 and var clicks && _labels.Length - clicks >= 2;
        var (rises, auc) = (new double[_labels.Length], hasBoth ? new RowDifferences(_labels) : null);
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var logits = _rows.Logits(field, repeat);
            auc?.Add(_logits, logits);
            AddRises(rises, logits);
        }

        costs[field.Name] = rises;
        return new FieldImportance(field.Name, Interval.Of(PairedMean.Of(rises, null, [])), auc is null ? null : Interval.Of(auc.Auc()));
    }

    // Both are dealt by the same orders as each alone was, so that what these have in common cancels.
    private PairInteraction Pair(DealtField first, DealtField second, Dictionary<string, double[]> costs)
    {
        var joint = new double[_labels.Length];
        var both = DealtField.Together([first, second]);
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            _cancellation.ThrowIfCancellationRequested();
            AddRises(joint, _rows.Logits(both, repeat));
        }

        double[] sum = [.. costs[first.Name].Zip(costs[second.Name], (a, b) => a + b)];
        return new PairInteraction(first.Name, second.Name, joint.Average(), sum.Average(),
            Interval.Of(PairedMean.Of([.. joint.Zip(sum, (j, s) => j - s)], null, [])));
    }

    private void AddRises(double[] rises, float[] logits)
    {
        var losses = Losses(logits);
        for (var row = 0; row < rises.Length; row++)
            rises[row] += (losses[row] - _losses[row]) / Repeats;
    }

    private double[] Losses(float[] logits) => [.. _labels.Zip(logits, (y, z) => BinaryCrossEntropy.Value(y, z))];

    private IEnumerable<DependenceCurve> Curves()
    {
        var numbers = FittedColumn.Of(_run.Encoder).OfType<FittedNumber>().ToLookup(f => f.Name);
        var names = _run.Encoder.Space.Numeric;
        for (var column = 0; column < names.Count; column++)
        {
            var place = column;
            var values = Enumerable.Range(0, _sample.Rows).Select(row => _sample.Numbers[(row * names.Count) + place]).Order().ToArray();
            float[] grid = [.. Enumerable.Range(0, Points).Select(i => values[(int)((i + 0.5) / Points * values.Length)]).Distinct()];
            var at = new List<double>();
            foreach (var value in grid)
            {
                _cancellation.ThrowIfCancellationRequested();
                at.Add(_rows.Logits(column, value).Average(z => 1 / (1 + Math.Exp(-(double)z))));
            }

            var scaled = numbers[names[column]].FirstOrDefault() is { Scale: not 0 } number ? number : null;
            yield return new DependenceCurve(names[column],
                [.. grid.Select(v => scaled is null ? v : (v / scaled.Scale) + scaled.Shift)], at);
        }
    }
}
