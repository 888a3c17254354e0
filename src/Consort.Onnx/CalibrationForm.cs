using Consort.Compute.Graphs;
using Consort.Serving.Calibrations;

namespace Consort.Onnx;

/// <summary>The last step, from the fused logit [B] to the probability [B].</summary>
internal static class CalibrationForm
{
    public static FormValue Add(GraphWriter writer, Calibration calibration, FormValue logit)
    {
        switch (calibration.Kind)
        {
            case CalibrationKind.Platt:
                var scaled = writer.Add("Mul", [logit, writer.Constant([(float)calibration.Slope], [])], []);
                return writer.Add("Sigmoid", [writer.Add("Add", [scaled, writer.Constant([(float)calibration.Intercept], [])], [])], []);
            case CalibrationKind.Isotonic:
                return Cast(writer, Interpolated(writer, calibration, Cast(writer, logit, ElementType.Double)), ElementType.Float);
            default:
                return writer.Add("Sigmoid", [logit], []);
        }
    }

    // In double precision, as knots may lie closer than floats do. z [B], knots [K].
    private static FormValue Interpolated(GraphWriter writer, Calibration calibration, FormValue z)
    {
        var last = calibration.Logits.Count - 1;
        if (last == 0)
        {
            var level = writer.Constant([calibration.Probabilities[0]], []);
            return writer.Add("Add", [writer.Add("Mul", [z, writer.Constant([0.0], [])], []), level], []);
        }

        var knots = writer.Constant([.. calibration.Logits], [last + 1]);
        var levels = writer.Constant([.. calibration.Probabilities], [last + 1]);
        // The knot at or below z, so that there is one above it: K − 1 less those above z, but for the first and the last.
        var column = writer.Add("Reshape", [z, writer.Constant([0L, 1], [2])], []); // [B, 1]
        var above = Cast(writer, writer.Add("Less", [column, knots], []), ElementType.Int64); // [B, K]
        var count = writer.Add("ReduceSum", [above, writer.Constant([1L], [1])], [new FormAttribute("keepdims", 0)]); // [B]
        var place = writer.Add("Sub", [writer.Constant([(long)last], [1]), count], []);
        var left = writer.Add("Min", [writer.Add("Max", [place, writer.Constant([0L], [1])], []), writer.Constant([last - 1L], [1])], []);
        var right = writer.Add("Add", [left, writer.Constant([1L], [1])], []);
        var (low, high) = (writer.Add("Gather", [knots, left], []), writer.Add("Gather", [knots, right], []));
        var (from, to) = (writer.Add("Gather", [levels, left], []), writer.Add("Gather", [levels, right], []));
        var share = writer.Add("Div", [writer.Add("Sub", [z, low], []), writer.Add("Sub", [high, low], [])], []);
        var held = writer.Add("Min", [writer.Add("Max", [share, writer.Constant([0.0], [])], []), writer.Constant([1.0], [])], []);
        return writer.Add("Add", [from, writer.Add("Mul", [held, writer.Add("Sub", [to, from], [])], [])], []);
    }

    private static FormValue Cast(GraphWriter writer, FormValue value, ElementType type) =>
        writer.Add("Cast", [value], [new FormAttribute("to", (long)type)]);
}
