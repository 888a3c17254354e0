using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Operations;

/// <summary>
/// Goes through all histories at once, a position a time: impressions are sorted by length, longest first, so that those which still have a
/// position are the first ones, and the multiply by U shrinks as histories end. States and what U makes of them are kept in that order,
/// time after time; gates are made again on the way back.
/// </summary>
internal sealed unsafe class RecurrenceKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly RecurrenceKind _kind;
    private readonly Segments _segments;
    private readonly int _width; // d
    private readonly T* _input; // [N, 3 d]
    private readonly T* _attention; // [N, 1], or null
    private readonly T* _output; // [N, d]
    private readonly T* _outputGradient;
    private readonly GradientTarget<T> _target;
    private readonly GradientTarget<T> _attentionTarget;
    private readonly T* _weight; // [3 d, d]
    private readonly T* _bias; // [3 d]
    private readonly T* _weightGradient;
    private readonly T* _biasGradient;
    private readonly T* _states; // [N, d], time after time
    private readonly T* _kept; // c = U h + b, then its gradient, [N, 3 d], time after time
    private readonly T* _carried; // the gradient of a time's states, [B, d]
    private readonly T* _zeros; // [B, d]
    private readonly int* _order; // impressions by length, longest first, [B]
    private readonly int* _begins; // where each time's rows begin, [L + 1]
    private readonly int* _counts; // [L + 2]
    private readonly DenseMultiply<T> _multiply;
    private int _times;
    private int _time;

    public RecurrenceKernel(Recurrence recurrence, Binding<T> binding) : base(binding.Workers)
    {
        (_kind, _segments, _width) = (recurrence.Kind, binding.Segments, binding.OutputShape.Size);
        _input = binding.Input(0);
        _attention = binding.Inputs > 1 ? binding.Input(1) : null;
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        _target = binding.InputGradient(0);
        _attentionTarget = binding.Inputs > 1 ? binding.InputGradient(1) : default;
        _weight = binding.Values(recurrence.Parameters[0]);
        _bias = binding.Values(recurrence.Parameters[1]);
        _weightGradient = binding.Gradients(recurrence.Parameters[0]);
        _biasGradient = binding.Gradients(recurrence.Parameters[1]);
        _states = binding.Workspace((long)binding.Capacity * _width);
        _kept = binding.Workspace(3L * binding.Capacity * _width);
        _carried = binding.Workspace((long)binding.Impressions * _width);
        _zeros = binding.ZeroedWorkspace((long)binding.Impressions * _width);
        _order = (int*)binding.Workspace(binding.Impressions);
        _begins = (int*)binding.Workspace(_segments.Most + 1);
        _counts = (int*)binding.Workspace(_segments.Most + 2);
        _multiply = new DenseMultiply<T>(binding.Gemm, _width, 3 * _width, _width);
    }

    public override void Forward(in Step step)
    {
        Sort();
        for (_time = 0; _time < _times; _time++)
        {
            var rows = _begins[_time + 1] - _begins[_time];
            _multiply.Forward(rows, Before(_time), _weight, _bias, _kept + (3L * _begins[_time] * _width));
            base.Forward(new Step(rows, step.IsTraining, step.Seed));
        }
    }

    public override void Backward(in Step step)
    {
        for (_time = _times - 1; _time >= 0; _time--)
        {
            var rows = _begins[_time + 1] - _begins[_time];
            // Impressions whose last position this is have nothing carried to them.
            var carried = _time == _times - 1 ? 0 : _begins[_time + 2] - _begins[_time + 1];
            new Span<T>(_carried + ((long)carried * _width), (rows - carried) * _width).Clear();
            base.Backward(new Step(rows, step.IsTraining, step.Seed));
            var gradient = _kept + (3L * _begins[_time] * _width);
            _multiply.WeightGradient(rows, gradient, Before(_time), _weightGradient, _biasGradient);
            if (_time > 0)
                _multiply.InputGradient(rows, gradient, _weight, new GradientTarget<T>(_carried, true, null));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            var (position, packed) = (PositionOf(i), (long)(_begins[_time] + i));
            var before = Before(_time) + ((long)i * _width);
            for (int d = 0, width; d < _width; d += width)
            {
                width = WidthAt(d);
                var gates = GatesAt((3L * position * _width) + d, (3 * packed * _width) + d, width);
                var state = Load(before + d, width);
                state += ShareOf(gates.U, position) * (gates.N - state);
                Put(_states + (packed * _width) + d, state, width);
                Put(_output + ((long)position * _width) + d, state, width);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            var (position, packed, byAttention) = (PositionOf(i), (long)(_begins[_time] + i), T.Zero);
            var before = Before(_time) + ((long)i * _width);
            for (int d = 0, width; d < _width; d += width)
            {
                width = WidthAt(d);
                long given = (3L * position * _width) + d, kept = (3 * packed * _width) + d;
                var gates = GatesAt(given, kept, width);
                var carried = _carried + ((long)i * _width) + d;
                var gradient = Load(_outputGradient + ((long)position * _width) + d, width) + Load(carried, width);
                var share = ShareOf(gates.U, position);
                var byShare = gradient * (gates.N - Load(before + d, width));
                var next = gradient * share * (Vector<T>.One - (gates.N * gates.N)); // ∂ of what goes into n
                var update = Vector<T>.Zero;
                if (_kind == RecurrenceKind.Agru)
                    byAttention += Sum(byShare, width);
                else
                {
                    if (_kind == RecurrenceKind.Augru)
                        byAttention += Sum(byShare * gates.U, width);
                    var byGate = _kind == RecurrenceKind.Augru ? byShare * new Vector<T>(_attention[position]) : byShare;
                    update = byGate * gates.U * (Vector<T>.One - gates.U);
                }

                var reset = next * Load(_kept + kept + (2 * _width), width) * gates.R * (Vector<T>.One - gates.R);
                if (_target.IsWanted)
                {
                    PutGradient(given, reset, width);
                    PutGradient(given + _width, update, width);
                    PutGradient(given + (2 * _width), next, width);
                }

                Put(_kept + kept, reset, width);
                Put(_kept + kept + _width, update, width);
                Put(_kept + kept + (2 * _width), next * gates.R, width);
                Put(carried, gradient * (Vector<T>.One - share), width);
            }

            if (_attentionTarget.IsWanted)
                _attentionTarget.Data[position] = _attentionTarget.Accumulate ? _attentionTarget.Data[position] + byAttention : byAttention;
        }
    }

    // By counting: those with the longest history first, and among equals in the order of the batch.
    private void Sort()
    {
        var (starts, batch, most) = (_segments, _segments.Batch, _segments.Most);
        new Span<int>(_counts, most + 2).Clear();
        for (var row = 0; row < batch; row++)
            _counts[most - Length(row) + 1]++;
        for (var i = 0; i <= most; i++)
            _counts[i + 1] += _counts[i];
        for (var row = 0; row < batch; row++)
            _order[_counts[most - Length(row)]++] = row;
        (_times, _begins[0]) = (batch == 0 ? 0 : Length(_order[0]), 0);
        for (int time = 0, active = batch; time < _times; time++)
        {
            while (active > 0 && Length(_order[active - 1]) <= time)
                active--;
            _begins[time + 1] = _begins[time] + active;
        }

        int Length(int row) => starts.Starts[row + 1] - starts.Starts[row];
    }

    // The states before a time, of the impressions that have a position then.
    private T* Before(int time) => time == 0 ? _zeros : _states + ((long)_begins[time - 1] * _width);

    private int PositionOf(int i) => _segments.Starts[_order[i]] + _time;

    // How far the state moves towards n.
    private Vector<T> ShareOf(Vector<T> update, int position) => _kind switch
    {
        RecurrenceKind.Gru => update,
        RecurrenceKind.Agru => new Vector<T>(_attention[position]),
        _ => update * new Vector<T>(_attention[position]),
    };

    // Whole vectors, and what is left number by number.
    private int WidthAt(int d) => d <= _width - Vector<T>.Count ? Vector<T>.Count : 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector<T> R, Vector<T> U, Vector<T> N) GatesAt(long given, long kept, int width)
    {
        T* x = _input + given, c = _kept + kept;
        var r = SigmoidFunction<T>.Value(Load(x, width) + Load(c, width));
        var u = SigmoidFunction<T>.Value(Load(x + _width, width) + Load(c + _width, width));
        return (r, u, TanhFunction<T>.Value(Load(x + (2 * _width), width) + (r * Load(c + (2 * _width), width))));
    }

    private void PutGradient(long place, Vector<T> value, int width) =>
        Put(_target.Data + place, _target.Accumulate ? Load(_target.Data + place, width) + value : value, width);

    private static T Sum(Vector<T> values, int width) => width > 1 ? Vector.Sum(values) : values[0];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load(T* source, int width) => width > 1 ? Vector.Load(source) : new Vector<T>(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* target, Vector<T> value, int width)
    {
        if (width > 1)
            Vector.Store(value, target);
        else
            *target = value[0];
    }
}
