using System.Globalization;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Foundation.Numbers;

namespace Consort.Compute.Tests;

/// <summary>
/// Compares the gradients of a graph in double precision with central differences of L = Σ c·z, c random: single numbers of every parameter
/// and table, and a random direction through all of them at once.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;
    private const int Probes = 6; // numbers of each parameter

    public static void Run(Graph graph, int rows, bool isTraining = true, double tolerance = 1e-6, int seed = 3,
        bool keepsStatistics = false)
    {
        using var workers = new Workers(2);
        // A capacity above the batch shows reads beyond it: memory there is filled with rubbish by the first batch.
        using var trial = new Trial<double>(graph, rows + 130, workers, (ulong)seed);
        trial.Program.KeepsStatistics = keepsStatistics;
        // Rows of missing values start at zero, where a gradient may vanish that should not.
        foreach (var table in trial.Store.Embeddings)
            for (long i = 0; i < table.Values.Length; i++)
                table.Values[i] = new CounterRandom((ulong)seed, table.Table.Name).Normal((ulong)i) * 0.7;
        trial.Draw(rows + 130, seed + 1);
        trial.Forward(rows + 130, isTraining);
        trial.Backward(rows + 130, seed + 1);
        trial.Draw(rows, seed);
        trial.Forward(rows, isTraining);
        trial.Backward(rows, seed);

        var tensors = new List<(string Name, NativeSource<double> Values, double[] Gradient)>();
        foreach (var slot in trial.Store.Slots)
            if (slot.Parameter.IsTrained)
                tensors.Add((slot.Parameter.Name, () => trial.Store.Values(slot.Parameter),
                    trial.Store.Gradients(slot.Parameter).ToArray()));
        foreach (var table in trial.Store.Embeddings.Where(e => e.Table.IsTrained))
        {
            var numbers = table.Values;
            tensors.Add((table.Table.Name, () => numbers.All, trial.TableGradient(table)));
        }

        Assert.NotEmpty(tensors);

        var random = new System.Random(seed);
        var all = 0.0;
        var directions = tensors.Select(t => t.Gradient.Select(_ => (random.NextDouble() * 2) - 1).ToArray()).ToArray();
        foreach (var ((name, values, gradient), direction) in tensors.Zip(directions))
        {
            var largest = gradient.Max(Math.Abs);
            Assert.True(largest > 0 || rows < 100, $"{name} has no gradient at all");
            for (var probe = 0; probe < Probes; probe++)
            {
                // Half of the probes go where the gradient is not zero; of a table that is a small part.
                var i = random.Next(gradient.Length);
                for (var tries = 0; tries < 1000 && probe % 2 == 0 && gradient[i] == 0; tries++)
                    i = random.Next(gradient.Length);
                var expected = Difference(h => values()[i] += h);
                Compare(string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"), gradient[i], expected, largest);
            }

            all += gradient.Zip(direction, (g, d) => g * d).Sum();
        }

        var alongAll = Difference(h =>
        {
            foreach (var ((_, values, gradient), direction) in tensors.Zip(directions))
                for (var i = 0; i < gradient.Length; i++)
                    values()[i] += h * direction[i] / 10;
        }) * 10;
        Compare("random direction", all, alongAll, tensors.Max(t => t.Gradient.Max(Math.Abs)));

        double Difference(Action<double> move)
        {
            move(Step);
            var above = Loss();
            move(-2 * Step);
            var below = Loss();
            move(Step);
            return (above - below) / (2 * Step);
        }

        double Loss()
        {
            trial.Forward(rows, isTraining);
            var loss = 0.0;
            for (var member = 0; member < graph.Outputs.Count; member++)
                for (var row = 0; row < rows; row++)
                    loss += Trial<double>.Weight(seed, member, row) * trial.Program.Logits(member)[row];
            return loss;
        }

        void Compare(string what, double found, double expected, double scale)
        {
            if (!(Math.Abs(found - expected) <= tolerance * (1e-2 + Math.Abs(expected) + (0.1 * scale))))
                Assert.Fail($"{rows} rows, {what}: gradient {found:R}, by differences {expected:R}");
        }
    }
}
