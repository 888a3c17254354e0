using Consort.Compute.Graphs;
using Google.Protobuf;

namespace Consort.Onnx;

/// <summary>What makes ids and numbers of columns out of inputs: the operators that all of it is made of, by their meaning.</summary>
internal abstract class ColumnNodes(GraphWriter writer)
{
    /// <summary>Takes the nodes.</summary>
    protected GraphWriter Writer { get; } = writer;

    protected FormValue Quotient(FormValue of, long by) => Writer.Add("Div", [of, Whole(by)], []);

    protected FormValue Remainder(FormValue of, long by) => Writer.Add("Mod", [of, Whole(by)], []);

    protected FormValue Product(FormValue of, long by) => Writer.Add("Mul", [of, Whole(by)], []);

    protected FormValue Sum(FormValue left, FormValue right) => Writer.Add("Add", [left, right], []);

    protected FormValue Difference(FormValue left, FormValue right) => Writer.Add("Sub", [left, right], []);

    protected FormValue Cast(FormValue value, ElementType type) => Writer.Add("Cast", [value], [new FormAttribute("to", (long)type)]);

    /// <summary>Columns side by side.</summary>
    protected FormValue Joined(params FormValue[] parts) =>
        parts.Length == 1 ? parts[0] : Writer.Add("Concat", parts, [new FormAttribute("axis", 1)]);

    /// <summary>The column of a place among columns that stand side by side.</summary>
    protected FormValue Column(FormValue of, int place) => Writer.Add("Slice", [of, Whole(place), Whole(place + 1), Whole(1)], []);

    protected FormValue Number(double number) => Writer.Constant([number], []);

    /// <summary>Numbers, one a column.</summary>
    protected FormValue Numbers(IEnumerable<double> numbers)
    {
        double[] values = [.. numbers];
        return Writer.Constant(values, [values.Length]);
    }

    protected FormValue Whole(long number) => Writer.Constant([number], [1]);

    /// <summary>What stands beside a text; <paramref name="otherwise"/> for one that is no key.</summary>
    protected FormValue Lookup(FormValue text, IEnumerable<ByteString> keys, IReadOnlyList<long> values, long otherwise) =>
        Lookup(text, GraphWriter.Texts("keys_strings", keys), values, otherwise);

    /// <summary>What stands beside a whole number; <paramref name="otherwise"/> for one that is no key.</summary>
    protected FormValue Lookup(FormValue number, IReadOnlyList<long> keys, IReadOnlyList<long> values, long otherwise) =>
        Lookup(number, GraphWriter.Attribute(new FormAttribute("keys_int64s", keys)), values, otherwise);

    private FormValue Lookup(FormValue of, Schema.Attribute keys, IReadOnlyList<long> values, long otherwise) => Writer.Add(
        GraphWriter.MachineLearning, "LabelEncoder", [of], keys, GraphWriter.Attribute(new FormAttribute("values_int64s", values)),
        GraphWriter.Attribute(new FormAttribute("default_int64", otherwise)));
}
