import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace dqn. */
export namespace dqn {

    /** Namespace codebook. */
    namespace codebook {

        /**
         * Properties of a CodebookFile.
         * @deprecated Use dqn.codebook.CodebookFile.$Properties instead.
         */
        interface ICodebookFile extends dqn.codebook.CodebookFile.$Properties {
        }

        /** Represents a CodebookFile. */
        class CodebookFile {

            /**
             * Constructs a new CodebookFile.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.codebook.CodebookFile.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CodebookFile magic. */
            magic: string;

            /** CodebookFile schemaVersion. */
            schemaVersion: number;

            /** CodebookFile payloadSha256. */
            payloadSha256: Uint8Array;

            /** CodebookFile payload. */
            payload: Uint8Array;

            /**
             * Creates a new CodebookFile instance using the specified properties.
             * @param [properties] Properties to set
             * @returns CodebookFile instance
             */
            static create(properties: dqn.codebook.CodebookFile.$Shape): dqn.codebook.CodebookFile & dqn.codebook.CodebookFile.$Shape;
            static create(properties?: dqn.codebook.CodebookFile.$Properties): dqn.codebook.CodebookFile;

            /**
             * Encodes the specified CodebookFile message. Does not implicitly {@link dqn.codebook.CodebookFile.verify|verify} messages.
             * @param message CodebookFile message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.codebook.CodebookFile.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CodebookFile message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.codebook.CodebookFile & dqn.codebook.CodebookFile.$Shape} CodebookFile
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.codebook.CodebookFile & dqn.codebook.CodebookFile.$Shape;

            /**
             * Gets the type url for CodebookFile
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace CodebookFile {

            /** Properties of a CodebookFile. */
            interface $Properties {

                /** CodebookFile magic */
                magic?: (string|null);

                /** CodebookFile schemaVersion */
                schemaVersion?: (number|null);

                /** CodebookFile payloadSha256 */
                payloadSha256?: (Uint8Array|null);

                /** CodebookFile payload */
                payload?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CodebookFile. */
            type $Shape = dqn.codebook.CodebookFile.$Properties;
        }

        /**
         * Properties of a Codebook.
         * @deprecated Use dqn.codebook.Codebook.$Properties instead.
         */
        interface ICodebook extends dqn.codebook.Codebook.$Properties {
        }

        /** Represents a Codebook. */
        class Codebook {

            /**
             * Constructs a new Codebook.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.codebook.Codebook.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Codebook m. */
            m: number;

            /** Codebook k. */
            k: number;

            /** Codebook d. */
            d: number;

            /** Codebook codewords. */
            codewords: Uint8Array;

            /** Codebook distance. */
            distance: dqn.codebook.Distance;

            /** Codebook modelSha256. */
            modelSha256: Uint8Array;

            /** Codebook preprocessSha256. */
            preprocessSha256: Uint8Array;

            /** Codebook classes. */
            classes: string[];

            /** Codebook training. */
            training?: (dqn.codebook.Training.$Properties|null);

            /**
             * Creates a new Codebook instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Codebook instance
             */
            static create(properties: dqn.codebook.Codebook.$Shape): dqn.codebook.Codebook & dqn.codebook.Codebook.$Shape;
            static create(properties?: dqn.codebook.Codebook.$Properties): dqn.codebook.Codebook;

            /**
             * Encodes the specified Codebook message. Does not implicitly {@link dqn.codebook.Codebook.verify|verify} messages.
             * @param message Codebook message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.codebook.Codebook.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Codebook message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.codebook.Codebook & dqn.codebook.Codebook.$Shape} Codebook
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.codebook.Codebook & dqn.codebook.Codebook.$Shape;

            /**
             * Gets the type url for Codebook
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace Codebook {

            /** Properties of a Codebook. */
            interface $Properties {

                /** Codebook m */
                m?: (number|null);

                /** Codebook k */
                k?: (number|null);

                /** Codebook d */
                d?: (number|null);

                /** Codebook codewords */
                codewords?: (Uint8Array|null);

                /** Codebook distance */
                distance?: (dqn.codebook.Distance|null);

                /** Codebook modelSha256 */
                modelSha256?: (Uint8Array|null);

                /** Codebook preprocessSha256 */
                preprocessSha256?: (Uint8Array|null);

                /** Codebook classes */
                classes?: (string[]|null);

                /** Codebook training */
                training?: (dqn.codebook.Training.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Codebook. */
            type $Shape = dqn.codebook.Codebook.$Properties;
        }

        /** Distance enum. */
        enum Distance {

            /** DISTANCE_UNSPECIFIED value */
            DISTANCE_UNSPECIFIED = 0,

            /** DISTANCE_AQD value */
            DISTANCE_AQD = 1,

            /** DISTANCE_IP value */
            DISTANCE_IP = 2,

            /** DISTANCE_SQD value */
            DISTANCE_SQD = 3
        }

        /**
         * Properties of a Training.
         * @deprecated Use dqn.codebook.Training.$Properties instead.
         */
        interface ITraining extends dqn.codebook.Training.$Properties {
        }

        /** Represents a Training. */
        class Training {

            /**
             * Constructs a new Training.
             * @param [properties] Properties to set
             */
            constructor(properties?: dqn.codebook.Training.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Training data. */
            data: string;

            /** Training protocol. */
            protocol: string;

            /** Training recipe. */
            recipe: string;

            /** Training seed. */
            seed: (number|Long);

            /** Training engine. */
            engine: string;

            /** Training epochs. */
            epochs: number;

            /** Training trainImages. */
            trainImages: number;

            /** Training metric. */
            metric: string;

            /** Training map. */
            map?: (number|null);

            /**
             * Creates a new Training instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Training instance
             */
            static create(properties: dqn.codebook.Training.$Shape): dqn.codebook.Training & dqn.codebook.Training.$Shape;
            static create(properties?: dqn.codebook.Training.$Properties): dqn.codebook.Training;

            /**
             * Encodes the specified Training message. Does not implicitly {@link dqn.codebook.Training.verify|verify} messages.
             * @param message Training message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: dqn.codebook.Training.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Training message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {dqn.codebook.Training & dqn.codebook.Training.$Shape} Training
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): dqn.codebook.Training & dqn.codebook.Training.$Shape;

            /**
             * Gets the type url for Training
             * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
             * @returns The type url
             */
            static getTypeUrl(prefix?: string): string;
        }

        namespace Training {

            /** Properties of a Training. */
            interface $Properties {

                /** Training data */
                data?: (string|null);

                /** Training protocol */
                protocol?: (string|null);

                /** Training recipe */
                recipe?: (string|null);

                /** Training seed */
                seed?: (number|Long|null);

                /** Training engine */
                engine?: (string|null);

                /** Training epochs */
                epochs?: (number|null);

                /** Training trainImages */
                trainImages?: (number|null);

                /** Training metric */
                metric?: (string|null);

                /** Training map */
                map?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Training. */
            type $Shape = dqn.codebook.Training.$Properties;
        }
    }
}
