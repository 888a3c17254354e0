namespace Consort.Serving.Calibrations;

/// <summary>Fits calibrations to logits and labels of rows that the model was not trained on.</summary>
public static class CalibrationFit
{
    /// <summary>Fits a calibration of a kind.</summary>
    /// <param name="kind">Which one.</param>
    /// <param name="logits">z of each row.</param>
    /// <param name="labels">0 or 1 of each row.</param>
    /// <param name="weights">How much each row counts: 2 is the row twice; none where all count alike.</param>
    /// <exception cref="ArgumentException">The sizes differ, there are not rows of both classes, a logit is not finite, or for Platt all
    /// are equal.</exception>
    public static Calibration Fit(CalibrationKind kind, ReadOnlySpan<float> logits, ReadOnlySpan<float> labels,
        ReadOnlySpan<float> weights = default)
    {
        if (logits.Length != labels.Length)
            throw new ArgumentException($"found {logits.Length} logits and {labels.Length} labels", nameof(labels));
        if (kind == CalibrationKind.None)
            return Calibration.None;
        if (!labels.Contains(0f) || !labels.Contains(1f))
            throw new ArgumentException("found rows of one class, expected clicks and others");
        foreach (var logit in logits)
            if (!float.IsFinite(logit))
                throw new ArgumentException("found a logit that is not finite, expected finite ones");
        if (kind == CalibrationKind.Platt && !logits.ContainsAnyExcept(logits[0]))
            throw new ArgumentException("found one logit for all rows, expected different ones to draw a line through");
        if (weights.IsEmpty)
            weights = Enumerable.Repeat(1f, logits.Length).ToArray();
        var (ofClicks, ofOthers) = (0.0, 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            ofClicks += labels[i] > 0 ? weights[i] : 0;
            ofOthers += labels[i] > 0 ? 0 : weights[i];
        }

        if (!(ofClicks > 0 && ofOthers > 0))
            throw new ArgumentException("found clicks or others whose weights are all 0, expected some of both that count");
        return kind == CalibrationKind.Platt
            ? Platt(logits, labels, weights, ofClicks, ofOthers) : Isotonic(logits, labels, weights, ofClicks + ofOthers);
    }

    // Newton's method with step halving on the log-loss. Source: Lin, Lin and Weng 2007, with their targets, which keep a
    // separable sample finite.
    private static Calibration Platt(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, double clicks,
        double others)
    {
        var high = (clicks + 1.0) / (clicks + 2.0);
        var low = 1.0 / (others + 2.0);
        var (a, b) = (1.0, 0.0);
        var loss = Loss(logits, labels, weights, a, b, high, low);
        for (var iteration = 0; iteration < 100; iteration++)
        {
            double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
            for (var i = 0; i < logits.Length; i++)
            {
                double z = logits[i];
                var p = 1 / (1 + Math.Exp(-((a * z) + b)));
                var (error, weight) = (weights[i] * (p - (labels[i] > 0 ? high : low)), weights[i] * p * (1 - p));
                ga += error * z;
                gb += error;
                haa += weight * z * z;
                hab += weight * z;
                hbb += weight;
            }

            var determinant = (haa * hbb) - (hab * hab);
            if (Math.Abs(ga) + Math.Abs(gb) < 1e-9 * (clicks + others) || determinant <= 0)
                break;
            var (da, db) = (-((hbb * ga) - (hab * gb)) / determinant, -((haa * gb) - (hab * ga)) / determinant);
            var step = 1.0;
            double next;
            while ((next = Loss(logits, labels, weights, a + (step * da), b + (step * db), high, low)) > loss && step > 1e-10)
                step /= 2;
            if (step <= 1e-10)
                break;
            (a, b, loss) = (a + (step * da), b + (step * db), next);
        }

        if (!double.IsFinite(a) || !double.IsFinite(b))
            throw new ArgumentException("found logits too large to draw a line through, expected smaller ones", nameof(logits));
        // A model that ranks the wrong way round is not turned: that would hide a mistake.
        return new Calibration { Kind = CalibrationKind.Platt, Slope = Math.Max(a, 1e-6), Intercept = b };
    }

    private static double Loss(
        ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, double a, double b, double high, double low)
    {
        double sum = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            var z = (a * logits[i]) + b;
            // softplus(z) − t z
            sum += weights[i] * (Math.Max(z, 0) + Math.Log(1 + Math.Exp(-Math.Abs(z))) - ((labels[i] > 0 ? high : low) * z));
        }

        return sum;
    }

    // Pool adjacent violators; between blocks the function is linear. Probabilities stay half a click away from 0 and 1, so
    // that no row costs an infinite log-loss.
    private static Calibration Isotonic(ReadOnlySpan<float> logits, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, double all)
    {
        var (keys, places) = (logits.ToArray(), Enumerable.Range(0, logits.Length).ToArray());
        Array.Sort(keys, places);
        var blocks = new List<Block>();
        for (var i = 0; i < keys.Length;)
        {
            var block = new Block(keys[i], keys[i], 0, 0);
            for (; i < keys.Length && keys[i] == block.Last; i++)
                block = block with
                {
                    Clicks = block.Clicks + (weights[places[i]] * labels[places[i]]),
                    Rows = block.Rows + weights[places[i]],
                };
            if (block.Rows == 0)
                continue;
            while (blocks.Count > 0 && blocks[^1].Mean >= block.Mean)
            {
                block = new Block(blocks[^1].First, block.Last, blocks[^1].Clicks + block.Clicks, blocks[^1].Rows + block.Rows);
                blocks.RemoveAt(blocks.Count - 1);
            }

            blocks.Add(block);
        }

        var margin = 0.5 / all;
        var (at, level) = (new List<double>(), new List<double>());
        foreach (var block in blocks)
        {
            var p = Math.Clamp(block.Mean, margin, 1 - margin);
            at.Add(block.First);
            level.Add(p);
            if (block.Last > block.First)
            {
                at.Add(block.Last);
                level.Add(p);
            }
        }

        return new Calibration { Kind = CalibrationKind.Isotonic, Logits = at, Probabilities = level };
    }

    private readonly record struct Block(double First, double Last, double Clicks, double Rows)
    {
        public double Mean => Clicks / Rows;
    }
}
