using Consort.Compute.Operations;
using Consort.Data.Schemas;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Models.Tests;

/// <summary>Models that read a history position by position.</summary>
internal static partial class ScalarModels
{
    /// <summary>The tower over all columns that are no history, and over what becomes of each history.</summary>
    public static double OfHistories(CtrModel model, Rig<double> rig, FeatureSpace space, int row, bool regularised)
    {
        var (f, n) = (space.Categorical.Count, space.Numeric.Count);
        int[] ids = [.. Enumerable.Range(0, f).Where(c => space.Categorical[c].List is null).Select(c => rig.Ids[(row * f) + c])];
        double[] x = [.. Enumerable.Range(0, n).Select(i => (double)rig.Numeric[(row * n) + i])];
        var interests = Histories(rig, space, row).SelectMany(h => model switch
        {
            Din din => Interest(rig, din, h),
            Dien dien => Interest(rig, dien, h),
            Bst bst => Interest(rig, bst, h),
            Sim sim => Interest(rig, sim, h),
            _ => Interests(rig, (Dmin)model, h),
        });
        return Output(rig, Tower(rig, [.. Flat(Embeddings(rig, ids, x)), .. interests], regularised));
    }

    /// <summary>
    /// The auxiliary loss of a batch without its weight: Zhou et al. 2019, eq. 8, over the positions that have one behind them.
    /// </summary>
    /// <param name="model">DIEN, whose first unit's states learn by it, or DMIN, whose refined positions do.</param>
    /// <param name="rig">Its numbers and the batch.</param>
    /// <param name="space">With one history.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="drawn">The position of the batch whose item stands against the next one, of each position; −1 for zeros.</param>
    public static double NextItems(CtrModel model, Rig<double> rig, FeatureSpace space, int rows, int[] drawn)
    {
        var histories = Enumerable.Range(0, rows).SelectMany(row => Histories(rig, space, row)).ToArray();
        double[][] items = [.. histories.SelectMany(h => h.Items)];
        var (loss, pairs, position) = (0.0, 0, 0);
        foreach (var h in histories)
        {
            var states = model is Dmin dmin ? Refined(rig, dmin, h.Items, dmin.Heads, $"refiner/{h.Name}")
                : Unit(rig, h.Items, (_, u) => u, $"extract/{h.Name}");
            for (var l = 0; l < h.Items.Length; l++, position++)
            {
                if (l + 1 == h.Items.Length)
                    continue;
                var other = drawn[position] < 0 ? new double[h.Target.Length] : items[drawn[position]];
                loss -= Math.Log(Sigmoid(Tell(states[l], h.Items[l + 1]))) + Math.Log(1 - Sigmoid(Tell(states[l], other)));
                pairs++;
            }

            double Tell(double[] state, double[] item)
            {
                double[] x = [.. state, .. item];
                for (var layer = 0; ; layer++)
                {
                    x = Linear(rig, x, $"member0/auxiliary/{h.Name}/{layer}");
                    if (x.Length == 1)
                        return x[0];
                    x = [.. x.Select(v => Math.Max(0, v))];
                }
            }
        }

        return loss / pairs;
    }

    // Sequences of one length are a tuple; of the further ones what is missing at the end is zero, and what is longer is left out.
    private static IEnumerable<OneHistory> Histories(Rig<double> rig, FeatureSpace space, int row)
    {
        var columns = space.Categorical;
        var lists = Enumerable.Range(0, columns.Count).Where(c => columns[c].List is { IsOrdered: true, AgesOf: null });
        foreach (var tuple in lists.GroupBy(c => columns[c].Length))
        {
            int[] targets = [.. tuple.Select(list => columns.ToList().FindIndex(c => c.List is null && c.Offset == columns[list].Offset))];
            var first = tuple.First();
            var items = Enumerable.Range(0, rig.ListOf(row, first).Length).Select(i => tuple.SelectMany(list =>
                i < rig.ListOf(row, list).Length ? Embeddings(rig, [rig.ListOf(row, list)[i]], [])[0] : new double[3]).ToArray());
            var ages = columns.ToList().FindIndex(c => c.List?.AgesOf == columns[first].Name);
            yield return new(columns[first].Name, columns[first].Length,
                Flat(Embeddings(rig, [.. targets.Select(t => rig.Ids[(row * columns.Count) + t])], [])), [.. items])
            {
                Ages = ages < 0 ? [] : [.. rig.ListOf(row, ages).ToArray().Select(id => Embeddings(rig, [id], [])[0])],
            };
        }
    }

    // Zhou et al. 2018, eq. 3
    private static double[] Interest(Rig<double> rig, Din din, OneHistory h)
    {
        var a = h.Items.Select(e => Score(rig, h.Target, e, din.Attention, $"attention/{h.Name}")).ToArray();
        return Weighted(h.Items, din.IsSoftmax ? Softmax(a) : a, h.Target.Length);
    }

    // Zhou et al. 2019, eq. 2–7
    private static double[] Interest(Rig<double> rig, Dien dien, OneHistory h)
    {
        var states = Unit(rig, h.Items, (_, u) => u, $"extract/{h.Name}");
        var a = states.Select(s => Score(rig, h.Target, s, dien.Attention, $"attention/{h.Name}")).ToArray();
        if (dien.IsSoftmax)
            a = Softmax(a);
        var evolved = dien.Evolution switch
        {
            EvolutionKind.Aigru => Unit(
                rig, [.. states.Select((s, l) => s.Select(v => a[l] * v).ToArray())], (_, u) => u, $"evolve/{h.Name}"),
            EvolutionKind.Agru => Unit(rig, states, (l, _) => a[l], $"evolve/{h.Name}"),
            _ => Unit(rig, states, (l, u) => a[l] * u, $"evolve/{h.Name}"),
        };
        var last = evolved.Length == 0 ? new double[h.Target.Length] : evolved[^1];
        var sum = Weighted(h.Items, [.. h.Items.Select(_ => 1.0)], h.Target.Length);
        return dien.HasSum ? [.. last, .. sum, .. h.Target.Zip(sum, (t, s) => t * s)] : last;
    }

    // Chen et al. 2019, eq. 2–6: all positions through every block, whatever is read of the last
    private static double[] Interest(Rig<double> rig, Bst bst, OneHistory h)
    {
        double[][] x = [.. h.Items, h.Target];
        if (bst.HasPlaces)
            x = [.. x.Select((e, i) => (double[])[.. e, .. Position(rig, bst.Positions, h, i, h.Most + 1 - x.Length)])];

        for (var block = 0; block < bst.Blocks; block++)
        {
            var name = $"block/{h.Name}/{block}";
            var attended = MultiHead(rig, x, bst.Heads, $"member0/{name}");
            x = [.. x.Select((e, i) =>
            {
                var s = Half(e, attended[i], $"{name}/attention_norm");
                double[] hidden = [.. Linear(rig, s, $"member0/{name}/feed/0").Select(v => v > 0 ? v : 0.01 * v)];
                return Half(s, Linear(rig, hidden, $"member0/{name}/feed/1"), $"{name}/feed_norm");
            })];
        }

        var shares = x.Select((_, i) => bst.Pooling switch
        {
            PositionPooling.Last => i == x.Length - 1 ? 1.0 : 0,
            PositionPooling.Mean => 1.0 / x.Length,
            _ => 1,
        });
        return Weighted(x, [.. shares], x[0].Length);

        double[] Half(double[] read, double[] made, string name)
        {
            if (bst.IsResidual)
                made = [.. read.Zip(made, (a, b) => a + b)];
            return bst.HasNorm ? LayerNorm(rig, made, $"member0/{name}") : made;
        }
    }

    // Pi et al. 2020: the nearest positions, in their order, for the target to attend to
    private static double[] Interest(Rig<double> rig, Sim sim, OneHistory h)
    {
        var asked = Searched(h.Target, "target");
        var q = h.Items.Select(e => asked.Zip(Searched(e, "item"), (a, b) => a * b).Sum()).ToArray();
        var x = h.Items;
        if (sim.HasPlaces)
            x = [.. x.Select((e, i) => (double[])[.. e, .. Position(rig, sim.Positions, h, i, h.Most - x.Length)])];

        x = [.. Enumerable.Range(0, x.Length).OrderByDescending(l => q[l]).ThenBy(l => l).Take(sim.Most).Order().Select(l => x[l])];
        var v = MultiHead(rig, x, sim.Heads, $"member0/interest/{h.Name}", asks: [h.Target])[0];
        return sim.SearchSize > 0 ? [.. Weighted(h.Items, Softmax(q), h.Target.Length), .. v] : v;

        double[] Searched(double[] e, string side) =>
            sim.SearchSize > 0 ? Linear(rig, e, $"member0/search/{h.Name}/{side}") : e;
    }

    // Xiao et al. 2020: a refiner, then a head, a net and attention of the target each
    private static double[] Interests(Rig<double> rig, Dmin dmin, OneHistory h)
    {
        var (x, interests) = (h.Items, new List<double>());
        if (dmin.IsRefined)
            x = Refined(rig, dmin, x, dmin.Heads, $"refiner/{h.Name}");
        for (var head = 0; head < dmin.Heads; head++)
        {
            var (interest, name) = (Refined(rig, dmin, x, 1, $"interest/{h.Name}/{head}"), $"attention/{h.Name}/{head}");
            var a = interest.Select((e, l) => dmin.HasPlaces
                ? Through(rig, Placed(l, e, name), dmin.Attention, name) : Score(rig, h.Target, e, dmin.Attention, name)).ToArray();
            interests.AddRange(Weighted(interest, Softmax(a), h.Target.Length));
        }

        var sum = Weighted(h.Items, [.. h.Items.Select(_ => 1.0)], h.Target.Length);
        return dmin.HasSum ? [.. interests, .. sum, .. h.Target.Zip(sum, (t, s) => t * s)] : [.. interests];

        // [t, x, t ⊙ x] with t = W [e_t, p_l] in two parts; places count back from the last
        double[] Placed(int l, double[] e, string name)
        {
            var size = dmin.PlaceSize;
            var place = dmin.Positions.Source == PositionSource.Time ? Position(rig, dmin.Positions, h, l, 0)
                : rig.Of($"member0/{name}/places").ToArray().AsSpan((h.Most - h.Items.Length + l) * size, size).ToArray();
            double[] t = [.. Linear(rig, h.Target, $"member0/{name}/target_place")
                .Zip(Linear(rig, place, $"member0/{name}/place"), (a, b) => a + b)];
            return [.. t, .. e, .. t.Zip(e, (a, b) => a * b)];
        }
    }

    // The vector of a place, which counts back from the last, or of an age: pos(v) = t(target) − t(v), 0 for the target itself and where
    // no time is known.
    private static double[] Position(Rig<double> rig, PositionOptions options, OneHistory h, int i, int before)
    {
        if (options.Source == PositionSource.Learned)
            return rig.Of($"member0/places/{h.Name}").ToArray().AsSpan((before + i) * 3, 3).ToArray();
        return i < h.Items.Length && i < h.Ages.Length ? h.Ages[i] : new double[3];
    }

    private static double[][] Refined(Rig<double> rig, Dmin dmin, double[][] read, int heads, string name)
    {
        var attended = MultiHead(rig, read, heads, $"member0/{name}", isCausal: true);
        return [.. read.Select((e, l) =>
        {
            double[] s = [.. e.Zip(attended[l], (a, b) => a + b)];
            if (dmin.HasNorm)
                s = LayerNorm(rig, s, $"member0/{name}/attention_norm");
            double[] hidden = [.. Linear(rig, s, $"member0/{name}/feed/0").Select(v => Math.Max(0, v))];
            return s.Zip(Linear(rig, hidden, $"member0/{name}/feed/1"), (a, b) => a + b).ToArray();
        })];
    }

    // Vaswani et al. 2017, with a matrix behind; positions ask of each other unless somebody else does
    private static double[][] MultiHead(
        Rig<double> rig, double[][] x, int heads, string name, bool isCausal = false, double[][]? asks = null)
    {
        var q = (asks ?? x).Select(e => Linear(rig, e, $"{name}/query")).ToArray();
        var kv = x.Select(e => Linear(rig, e, $"{name}/key_value")).ToArray();
        return [.. q.Select((query, l) =>
        {
            var (width, size, mixed) = (query.Length, query.Length / heads, new List<double>());
            var seen = isCausal ? kv[..(l + 1)] : kv;
            for (var head = 0; head < heads; head++)
            {
                var from = head * size;
                var shares = Softmax([.. seen.Select(k => Enumerable.Range(from, size).Sum(i => query[i] * k[i]) / Math.Sqrt(size))]);
                mixed.AddRange(Weighted([.. seen.Select(v => v[(width + from)..(width + from + size)])], shares, size));
            }

            return Linear(rig, [.. mixed], $"{name}/attention");
        })];
    }

    // Cho et al. 2014 as PyTorch has it but for the sense of u; step says how far the state moves, given the position and u
    private static double[][] Unit(Rig<double> rig, double[][] received, Func<int, double, double> step, string name)
    {
        var states = new List<double[]>();
        for (var l = 0; l < received.Length; l++)
        {
            var d = received[l].Length;
            var h = l == 0 ? new double[d] : states[^1];
            var (a, c) = (Linear(rig, received[l], $"member0/{name}/input"), Linear(rig, h, $"member0/{name}/recurrent"));
            states.Add([.. h.Select((state, k) =>
            {
                var (r, u) = (Sigmoid(a[k] + c[k]), Sigmoid(a[d + k] + c[d + k]));
                var share = step(l, u);
                return ((1 - share) * state) + (share * Math.Tanh(a[(2 * d) + k] + (r * c[(2 * d) + k])));
            })]);
        }

        return [.. states];
    }

    // Zhou et al. 2018, fig. 2: an MLP of [e_t, e_l, e_t − e_l, e_t ⊙ e_l]
    private static double Score(Rig<double> rig, double[] target, double[] item, MlpOptions options, string name)
    {
        double[] x = [.. target, .. item, .. target.Zip(item, (t, e) => t - e), .. target.Zip(item, (t, e) => t * e)];
        return Through(rig, x, options, name);
    }

    private static double Through(Rig<double> rig, double[] x, MlpOptions options, string name)
    {
        for (var layer = 0; layer < options.HiddenUnits.Count; layer++)
        {
            var scope = $"member0/{name}/{layer}";
            var h = Linear(rig, x, scope);
            x = [.. h.Select((v, i) => options.Activation == Activation.Relu ? Math.Max(v, 0) : Dice(v, i, scope))];
        }

        return Linear(rig, x, $"member0/{name}/output")[0];

        double Dice(double v, int i, string scope)
        {
            // γ and β stay at 1 and 0 in a model; here they are whatever the rig says.
            double Norm(string statistic) => rig.Of($"{scope}/dice/{statistic}")[i];
            var p = Sigmoid((Norm("scale") * (v - Norm("mean")) / Math.Sqrt(Norm("variance") + 1e-5)) + Norm("shift"));
            return (p * v) + (rig.Of($"{scope}/slope")[i] * (1 - p) * v);
        }
    }

    private static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));

    private static double[] Softmax(double[] a) => [.. a.Select(v => Math.Exp(v) / a.Sum(Math.Exp))];

    private static double[] Weighted(double[][] rows, double[] weights, int width) =>
        [.. Enumerable.Range(0, width).Select(i => rows.Zip(weights, (r, w) => w * r[i]).Sum())];

    private sealed record OneHistory(string Name, int Most, double[] Target, double[][] Items)
    {
        public double[][] Ages { get; init; } = [];
    }
}
