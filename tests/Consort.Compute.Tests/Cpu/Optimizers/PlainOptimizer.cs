using System.Numerics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Compute.Tests.Cpu.Optimizers;

/// <summary>The update rules one number at a time in double precision, as they stand in the papers.</summary>
internal sealed class PlainOptimizer<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Trial<T> _trial;
    private readonly OptimizerOptions _options;
    private readonly double[][] _values; // dense, then each table
    private readonly double[][] _first;
    private readonly double[][] _second;
    private int _steps;

    public PlainOptimizer(Trial<T> trial, OptimizerOptions options)
    {
        (_trial, _options) = (trial, options);
        _values = [Convert(trial.Store.DenseValues.Span), .. trial.Store.Embeddings.Select(e => Convert(e.Values.Span))];
        var start = options.Rule is Adagrad adagrad ? adagrad.InitialAccumulator : 0;
        _first = [.. _values.Select(v => Enumerable.Repeat(start, v.Length).ToArray())];
        _second = [.. _values.Select(v => new double[v.Length])];
    }

    public double Norm { get; private set; }

    /// <summary>To be called before the step of the optimizer under test, which uses the gradients up.</summary>
    public void Step(double learningRate)
    {
        _steps++;
        var gradients = new double?[_values.Length][]; // null where a number is left alone
        gradients[0] = new double?[_values[0].Length];
        foreach (var slot in _trial.Store.Slots)
            if (slot.Parameter.IsTrained && !IsFrozen(slot.Parameter.Member))
                for (var i = slot.Offset; i < slot.Offset + slot.Length; i++)
                    gradients[0][i] = double.CreateChecked(_trial.Store.DenseGradients.Span[(int)i]) + (_options.DenseL2 * _values[0][i]);
        for (var t = 0; t < _trial.Store.Embeddings.Count; t++)
            gradients[t + 1] = TableGradient(_trial.Store.Embeddings[t], _values[t + 1]);

        var squares = 0.0;
        foreach (var gradient in gradients.SelectMany(g => g))
            squares += gradient * gradient ?? 0;
        Norm = Math.Sqrt(squares);
        var scale = _options.MaxGradientNorm is { } most ? Math.Min(1, most / (Norm + 1e-6)) : 1;
        for (var region = 0; region < _values.Length; region++)
            for (var i = 0; i < _values[region].Length; i++)
                if (gradients[region][i] is { } gradient)
                    Update(ref _values[region][i], gradient * scale, ref _first[region][i], ref _second[region][i],
                        region == 0 ? learningRate : learningRate * _options.EmbeddingRate);
    }

    public void Check(double tolerance)
    {
        var regions = new[] { Convert(_trial.Store.DenseValues.Span) }
            .Concat(_trial.Store.Embeddings.Select(e => Convert(e.Values.Span))).ToArray();
        for (var region = 0; region < regions.Length; region++)
            for (var i = 0; i < regions[region].Length; i++)
                if (!IsRunningStatistic(region, i)
                    && !(Math.Abs(regions[region][i] - _values[region][i]) <= tolerance * (1 + Math.Abs(_values[region][i]))))
                    Assert.Fail($"step {_steps}, region {region}, number {i}: found {regions[region][i]}, expected {_values[region][i]}");
    }

    // Batch norm's forward pass moves these, not the optimizer.
    private bool IsRunningStatistic(int region, int index) => region == 0 &&
        _trial.Store.Slots.Any(s => !s.Parameter.IsTrained && index >= s.Offset && index < s.Offset + s.Length);

    private static double[] Convert(ReadOnlySpan<T> numbers) => [.. numbers.ToArray().Select(double.CreateChecked)];

    private bool IsFrozen(int member) => _options.FrozenMembers?.Contains(member) ?? false;

    private double?[] TableGradient(EmbeddingTable<T> table, double[] values)
    {
        var gradient = new double?[values.Length];
        if (IsFrozen(table.Table.Member))
            return gradient;
        var found = _trial.TableGradient(table);
        for (var i = 0; i < values.Length; i++)
            if (_options.EmbeddingUpdate != EmbeddingUpdate.Touched || Trial<T>.IsTouched(table, i / table.Dimension))
                gradient[i] = double.CreateChecked(found[i]) + (_options.EmbeddingL2 * values[i]);
        return gradient;
    }

    private void Update(ref double value, double gradient, ref double first, ref double second, double learningRate)
    {
        switch (_options.Rule)
        {
            case Adam rule:
                first = (rule.Beta1 * first) + ((1 - rule.Beta1) * gradient);
                second = (rule.Beta2 * second) + ((1 - rule.Beta2) * gradient * gradient);
                var mean = first / (1 - Math.Pow(rule.Beta1, _steps));
                var correction = Math.Sqrt(1 - Math.Pow(rule.Beta2, _steps));
                value -= rule.IsEpsilonHat
                    ? learningRate * mean * correction / (Math.Sqrt(second) + rule.Epsilon)
                    : learningRate * mean / ((Math.Sqrt(second) / correction) + rule.Epsilon);
                break;
            case Sgd rule:
                first = (rule.Momentum * first) + gradient;
                value -= learningRate * first;
                break;
            case Adagrad rule:
                first += gradient * gradient;
                value -= learningRate * gradient / (Math.Sqrt(first) + rule.Epsilon);
                break;
            default:
                throw new ArgumentException($"no reference for {_options.Rule}");
        }
    }
}
