using Consort.Compute.Cpu.Parameters;

namespace Consort.Learning.Training;

/// <summary>
/// What the ranks of a training tell each other, once a step, between the backward pass and the update: each has run forward and backward
/// over a batch of its own, with the same weights as all others.
/// </summary>
/// <remarks>
/// <para>Before the call, the store holds what this rank's rows gave: the gradients of dense parameters, and of each table those of the
/// rows that its batch touched, each a mean over this rank's rows. After it, all ranks hold the same: the mean over the rows of all, of
/// tables for the rows that any of them touched; and the same mean of the loss terms. Averaged with them are the running statistics of
/// batch norm, which are parameters that nobody trains.</para>
/// <para>Clipping and update come after it and are functions of what it leaves and of the optimizer's state, so that weights stay equal
/// without being sent. Activations, logits and rows are never sent. It runs on the thread of the step and may use the workers.</para>
/// </remarks>
public interface IGradientExchange
{
    /// <summary>Makes of this rank's gradients those of all ranks.</summary>
    /// <param name="store">The parameters with their gradients.</param>
    /// <param name="rows">Rows of this rank's batch, what its means count for.</param>
    /// <param name="terms">The loss terms of the batch.</param>
    void Exchange(ParameterStore<float> store, int rows, Span<double> terms);
}

/// <summary>One machine: its gradients are those of all.</summary>
internal sealed class NoExchange : IGradientExchange
{
    public void Exchange(ParameterStore<float> store, int rows, Span<double> terms)
    {
    }
}
