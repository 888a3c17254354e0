namespace Consort.Models.Tests.Executors;

/// <summary>Numbers with a shape, and how their gradient goes back to what they were computed from.</summary>
internal sealed class Tensor
{
    [ThreadStatic] private static List<Tensor>? _tape;
    private readonly Action<double[]>? _back;

    public Tensor(int[] shape, double[] data, Action<double[]>? back = null)
    {
        (Shape, Data, Gradient, _back) = (shape, data, new double[data.Length], back);
        if (back is not null)
            _tape?.Add(this);
    }

    public int[] Shape { get; }

    public double[] Data { get; }

    public double[] Gradient { get; }

    public int Rank => Shape.Length;

    /// <summary>Whether it is remembered what is computed: while training.</summary>
    public static bool IsRecording => _tape is not null;

    /// <summary>Begins to remember what is computed.</summary>
    public static void Record() => _tape = [];

    /// <summary>Hands all gradients on, from the last tensor to the first.</summary>
    public static void GoBack()
    {
        for (var i = _tape!.Count - 1; i >= 0; i--)
            _tape[i]._back!(_tape[i].Gradient);
        _tape = null;
    }

    public static int Size(ReadOnlySpan<int> shape)
    {
        var size = 1;
        foreach (var length in shape)
            size *= length;
        return size;
    }

    /// <summary>The axis, counted from the end where negative.</summary>
    public int Axis(long axis) => (int)(axis < 0 ? axis + Rank : axis);

    /// <summary>Numbers taken from others by their places; −1 stands for a constant.</summary>
    public static Tensor Taken(Tensor from, int[] shape, int[] places, double constant = 0)
    {
        var data = Array.ConvertAll(places, p => p < 0 ? constant : from.Data[p]);
        return new Tensor(shape, data, gradient =>
        {
            for (var i = 0; i < places.Length; i++)
                if (places[i] >= 0)
                    from.Gradient[places[i]] += gradient[i];
        });
    }

    /// <summary>Numbers computed one by one, with the derivative by each.</summary>
    public static Tensor Mapped(Tensor from, Func<double, double> value, Func<double, double, double> slope)
    {
        var data = Array.ConvertAll(from.Data, x => value(x));
        return new Tensor(from.Shape, data, gradient =>
        {
            for (var i = 0; i < data.Length; i++)
                from.Gradient[i] += gradient[i] * slope(from.Data[i], data[i]);
        });
    }

    /// <summary>Two computed together, with NumPy's broadcasting.</summary>
    public static Tensor Joined(
        Tensor left, Tensor right, Func<double, double, double> value, Func<double, double, (double Left, double Right)> slopes)
    {
        var shape = Broadcast(left.Shape, right.Shape);
        var (a, b) = (Places(left.Shape, shape), Places(right.Shape, shape));
        var data = new double[a.Length];
        for (var i = 0; i < data.Length; i++)
            data[i] = value(left.Data[a[i]], right.Data[b[i]]);
        return new Tensor(shape, data, gradient =>
        {
            for (var i = 0; i < data.Length; i++)
            {
                var (ofLeft, ofRight) = slopes(left.Data[a[i]], right.Data[b[i]]);
                left.Gradient[a[i]] += gradient[i] * ofLeft;
                right.Gradient[b[i]] += gradient[i] * ofRight;
            }
        });
    }

    public static int[] Broadcast(int[] left, int[] right)
    {
        var shape = new int[Math.Max(left.Length, right.Length)];
        for (var i = 1; i <= shape.Length; i++)
        {
            int a = i <= left.Length ? left[^i] : 1, b = i <= right.Length ? right[^i] : 1;
            shape[^i] = a == 1 ? b : a;
        }

        return shape;
    }

    /// <summary>Where each number of a broadcast shape comes from.</summary>
    public static int[] Places(int[] from, int[] shape) => Walk(shape, index =>
    {
        var place = 0;
        for (var axis = 0; axis < from.Length; axis++)
            place = (place * from[axis]) + (from[axis] == 1 ? 0 : index[axis + shape.Length - from.Length]);
        return place;
    });

    /// <summary>What a function makes of each index of a shape, in order.</summary>
    public static int[] Walk(int[] shape, Func<int[], int> place)
    {
        var places = new int[Size(shape)];
        var index = new int[shape.Length];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = place(index);
            for (var axis = shape.Length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--)
                index[axis] = 0;
        }

        return places;
    }

    /// <summary>The place of an index.</summary>
    public static int PlaceOf(int[] shape, ReadOnlySpan<int> index)
    {
        var place = 0;
        for (var axis = 0; axis < shape.Length; axis++)
            place = (place * shape[axis]) + index[axis];
        return place;
    }
}
