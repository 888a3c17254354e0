namespace Consort.Models.Tests;

/// <summary>Fields as the nodes of a graph.</summary>
internal static partial class ScalarModels
{
    // Li et al. 2019, two steps; a plain step is a + h and has no GRU
    private static double FieldGraph(Rig<double> rig, double[][] first, bool isGated, bool isReused)
    {
        var (fields, d) = (first.Length, first[0].Length);
        var attention = rig.Of("member0/attention/weight").ToArray();
        var edges = new double[fields, fields];
        for (var i = 0; i < fields; i++)
        {
            var powers = new double[fields];
            for (var j = 0; j < fields; j++)
            {
                var score = first[i].Concat(first[j]).Select((v, k) => v * attention[k]).Sum();
                powers[j] = i == j ? 0 : Math.Exp(score > 0 ? score : 0.01 * score);
            }

            for (var j = 0; j < fields; j++)
                edges[i, j] = powers[j] / powers.Sum();
        }

        var h = first;
        for (var step = 0; step < 2; step++)
        {
            var scope = $"member0/graph/{(isReused ? 0 : step)}";
            var sent = h.Select((state, f) => OfField(rig, $"{scope}/out", f, state)).ToArray();
            var bias = rig.Of($"{scope}/bias").ToArray();
            var next = new double[fields][];
            for (var i = 0; i < fields; i++)
            {
                double[] received = [.. Enumerable.Range(0, d).Select(k => sent.Select((s, j) => edges[i, j] * s[k]).Sum())];
                received = [.. OfField(rig, $"{scope}/in", i, received).Zip(bias, (a, b) => a + b)];
                var state = isGated ? Recurrent(rig, received, h[i]) : [.. received.Zip(h[i], (a, b) => a + b)];
                next[i] = [.. state.Zip(first[i], (a, b) => a + b)];
            }

            h = next;
        }

        var weights = Linear(rig, Flat(h), "member0/score/attention");
        return h.Select((state, f) => Linear(rig, state, "member0/score")[0] / (1 + Math.Exp(-weights[f]))).Sum();
    }

    // PyTorch's GRUCell
    private static double[] Recurrent(Rig<double> rig, double[] received, double[] state)
    {
        var d = state.Length;
        var (a, c) = (Linear(rig, received, "member0/gru/input"), Linear(rig, state, "member0/gru/state"));
        var next = new double[d];
        for (var k = 0; k < d; k++)
        {
            var reset = 1 / (1 + Math.Exp(-a[k] - c[k]));
            var update = 1 / (1 + Math.Exp(-a[d + k] - c[d + k]));
            next[k] = ((1 - update) * Math.Tanh(a[(2 * d) + k] + (reset * c[(2 * d) + k]))) + (update * state[k]);
        }

        return next;
    }

    // W_f x, W [F, D, D]
    private static double[] OfField(Rig<double> rig, string name, int field, double[] x)
    {
        var w = rig.Of(name).ToArray();
        return [.. Enumerable.Range(0, x.Length).Select(o => x.Select((v, i) => v * w[(((field * x.Length) + o) * x.Length) + i]).Sum())];
    }
}
